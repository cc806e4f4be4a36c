#include "box.hpp"

#include "encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace htmlrenderer {
namespace {

constexpr std::size_t widest = 64;            ///< columns of a text before it goes on in a new row
constexpr std::size_t most_characters = 2048; ///< of one text that are drawn
constexpr std::size_t most_numbers = 512;     ///< of one numeric vector that are drawn

/// A row of a picture and the columns that it takes.
struct row {
    std::string text;
    std::size_t width = 0;

    void add(std::string_view utf8) {
        text += utf8;
        while (!utf8.empty())
            width += columns(take_code_point(utf8));
    }
};
using picture = std::vector<row>;

std::size_t width_of(const picture& rows) {
    std::size_t width = 0;
    for (const row& r : rows)
        width = std::max(width, r.width);
    return width;
}

std::string repeat(std::string_view piece, std::size_t times) {
    std::string text;
    while (times-- != 0)
        text += piece;
    return text;
}

row edge(std::string_view left, std::string_view mark, std::size_t width, std::string_view right) {
    row r;
    r.add(left);
    r.add(mark.empty() ? std::string_view{"─"} : mark);
    r.add(repeat("─", width - 1));
    r.add(right);
    return r;
}

/// `top` and `bottom` are the marks of the edges, at the first column inside.
picture enclose(const picture& inside, std::string_view top, std::string_view bottom) {
    const std::size_t width = std::max<std::size_t>(width_of(inside), 1);
    picture box{edge("┌", top, width, "┐")};
    for (const row& r : inside) {
        row line;
        line.add("│");
        line.add(r.text);
        line.add(std::string(width - r.width, ' '));
        line.add("│");
        box.push_back(std::move(line));
    }
    box.push_back(edge("└", bottom, width, "┘"));
    return box;
}

/// Rows filled piece by piece. Where a piece has no room, a new row is begun, if it can be with the
/// last word.
class folding_rows {
  public:
    void add(std::string_view piece) {
        row addition;
        addition.add(piece);
        if (rows_.back().width + addition.width > widest)
            fold();
        rows_.back().add(piece);
        if (piece == " ")
            blank_ = rows_.back();
    }
    void begin_row() {
        rows_.emplace_back();
        blank_ = row{};
    }
    picture take() { return std::move(rows_); }

  private:
    void fold() {
        row& full = rows_.back();
        std::string word;
        if (blank_.width > widest / 2) {
            word = full.text.substr(blank_.text.size());
            full = blank_;
        }
        begin_row();
        rows_.back().add("↳ ");
        rows_.back().add(word);
    }

    picture rows_{row{}};
    row blank_; ///< the last row up to its last blank
};

std::string left_out(std::size_t count) {
    return "… and " + std::to_string(count) + " more";
}

std::size_t count_characters(std::string_view utf8) {
    std::size_t count = 0;
    for (; !utf8.empty(); ++count)
        take_code_point(utf8);
    return count;
}

picture draw_text(std::string_view text) {
    if (text.empty())
        return enclose({row{}}, "⊖", "");
    folding_rows rows;
    for (std::size_t drawn = 0; !text.empty(); ++drawn) {
        if (drawn == most_characters) {
            rows.begin_row();
            rows.add(left_out(count_characters(text)) + " characters");
            break;
        }
        if (text.starts_with("\r\n")) {
            text.remove_prefix(2);
            if (!text.empty())
                rows.begin_row();
            continue;
        }
        const char32_t c = take_code_point(text);
        rows.add(visible(c));
        if (c == '\n' && !text.empty())
            rows.begin_row();
    }
    return enclose(rows.take(), "→", "");
}

picture draw_numbers(const wsintercept::signed_bytes& numbers) {
    if (numbers.empty())
        return enclose({row{"0", 1}}, "⊖", "~");
    folding_rows rows;
    for (std::size_t i = 0; i < std::min(numbers.size(), most_numbers); ++i) {
        const int n = numbers[i];
        if (i != 0)
            rows.add(" ");
        std::string text;
        text += n < 0 ? "¯" : "";
        text += std::to_string(n < 0 ? -n : n);
        rows.add(text);
    }
    if (numbers.size() > most_numbers) {
        rows.begin_row();
        rows.add(left_out(numbers.size() - most_numbers));
    }
    return enclose(rows.take(), "→", "~");
}

/// What is no vector stands beside the first row of what the boxes hold.
picture plain(std::string_view text) {
    row r;
    r.add(visible(text));
    return {row{}, r};
}

picture draw_element(const wsintercept::element& e) {
    if (const auto* number = std::get_if<std::int64_t>(&e))
        return plain(std::to_string(*number));
    if (const auto* data = std::get_if<wsintercept::signed_bytes>(&e))
        return draw_numbers(*data);
    if (const auto* text = std::get_if<std::string>(&e))
        return draw_text(*text);
    return plain("");
}

/// Side by side, a blank between two and at both ends.
picture beside(const std::vector<picture>& parts) {
    std::size_t height = 0;
    for (const picture& part : parts)
        height = std::max(height, part.size());
    picture all(height);
    for (row& r : all)
        r.add(" ");
    for (const picture& part : parts) {
        const std::size_t width = width_of(part);
        for (std::size_t i = 0; i < height; ++i) {
            const row& r = i < part.size() ? part[i] : row{};
            all[i].text += r.text + std::string(width - r.width + 1, ' ');
            all[i].width += width + 1;
        }
    }
    return all;
}

} // namespace

std::string draw(const wsintercept::message& event) {
    const wsintercept::message shown = to_shown(event);
    std::vector<picture> parts;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto* name = i == 0 ? std::get_if<std::string>(&shown[i]) : nullptr;
        parts.push_back(name != nullptr ? plain(*name) : draw_element(shown[i]));
    }
    std::string lines;
    for (const row& r : enclose(beside(parts), "→", "∊"))
        lines += r.text + "\n";
    return lines;
}

} // namespace htmlrenderer
