#include "../../examples/htmlrenderer/json_lines.hpp"

#include "../../examples/htmlrenderer/encoding.hpp"
#include "catch.hpp"

using namespace htmlrenderer;
using namespace wsintercept;

namespace {

const socket_id id{1, 2, 3};
const std::string id_text = to_string(id);

template <class Call>
Call ok(const std::string& line) {
    INFO(line);
    auto result = read_line(line, "hr");
    if (const auto* problem = std::get_if<std::string>(&result))
        FAIL(*problem);
    REQUIRE(std::holds_alternative<Call>(std::get<method_line>(result).call));
    return std::get<Call>(std::get<method_line>(result).call);
}

void bad(const std::string& line, const std::string& problem) {
    INFO(line);
    const auto result = read_line(line, "hr");
    REQUIRE(std::holds_alternative<std::string>(result));
    CHECK(std::get<std::string>(result) == problem);
}

std::string result_of(const std::string& line, std::string_view error) {
    return result_line(std::get<method_line>(read_line(line, "hr")), error);
}

} // namespace

TEST_CASE("events as lines") {
    CHECK(event_line(to_message(
              "hr",
              websocket_upgrade{
                  id, "ws://myapp/", "GET / HTTP/1.1\r\n\r\n", upgrade_type::automatic, {}})) ==
          R"(["hr","WebSocketUpgrade",")" + id_text +
              R"(","ws://myapp/","GET / HTTP/1.1\r\n\r\n","auto"])");
    CHECK(
        event_line(to_message("hr", websocket_receive{id, "h\xC3\xA9\"", true, data_type::text})) ==
        R"(["hr","WebSocketReceive",")" + id_text + "\",\"h\xC3\xA9\\\"\",1,1]");
    CHECK(event_line(to_message("hr", websocket_receive{id, std::string_view{"\0\1\2\3", 4}, false,
                                                        data_type::binary})) ==
          R"(["hr","WebSocketReceive",")" + id_text + R"(",{"base64":"AAECAw=="},0,2])");
    CHECK(event_line(to_message("hr", websocket_close{id, 1005, ""})) ==
          R"(["hr","WebSocketClose",")" + id_text + R"(",1005,""])");
    CHECK(drained_line(id) == R"({"drained":")" + id_text + R"("})");
    CHECK(problem_line(3, "column 17: x") == R"({"line":3,"error":"column 17: x"})");
}

TEST_CASE("an HTTPRequest's line") {
    const auto line = [](std::string_view head, std::string_view body) {
        return event_line(to_message("hr", http_request{id, "POST", "http://myapp/a", head, body}));
    };
    CHECK(line("POST /a HTTP/1.1\r\n\r\n", "") ==
          R"(["hr","HTTPRequest","ProcessRequest",0,0,"","text/html","http://myapp/a",)"
          R"("POST /a HTTP/1.1\r\n\r\n","","POST"])");
    // Octets of a head are U+0080 to U+00FF; a body is a string where it is UTF-8, else base64.
    CHECK(line("A: \xE9\r\n", "\xC3\xA9").find("\"A: \xC3\xA9\\r\\n\",\"\xC3\xA9\",\"POST\"]") !=
          std::string::npos);
    CHECK(line("\r\n", "\xE9").find(R"("\r\n",{"base64":"6Q=="},"POST"])") != std::string::npos);
}

TEST_CASE("what is no UTF-8 never stops a line") {
    CHECK(event_line({"hr\xFF", "x"}) == "[\"hr\xEF\xBF\xBD\",\"x\"]");
    CHECK(problem_line(1, "\xC3") == "{\"line\":1,\"error\":\"\xEF\xBF\xBD\"}");
}

TEST_CASE("WebSocketSend as a line") {
    const std::string front = R"(["hr","WebSocketSend",")" + id_text + "\",";
    CHECK(ok<send_call>(front + R"("hi"])").data == "hi");
    CHECK(ok<send_call>("  " + front + R"( "\u00e9\ud83d\ude00", 0 ] )" + "\r").data ==
          "\xC3\xA9\xF0\x9F\x98\x80");
    const auto binary = ok<send_call>(front + R"({"base64":"AAH/"},1,2])");
    CHECK(binary.data == std::string("\0\1\xFF", 3));
    CHECK(binary.binary);
    CHECK(binary.opcode == data_type::binary);
    CHECK(ok<send_call>(R"(["hr",847,")" + id_text + R"(","x",1.0])").fin);

    bad(front + R"({"base64":"AAE"}])", "column 42: element 4: invalid base64");
    const std::string expected = "column 42: element 4: expected a string or binary data";
    for (const std::string data : {"1", "null", "true", "[\"base64\",\"AA==\"]", "{}",
                                   R"({"base64":1})", R"({"base64":["AA=="]})",
                                   R"({"base64":"AA==","more":1})", R"({"more":{"base64":"AA=="}})",
                                   R"({"base64":"AA==","base64":"AA=="})", R"({"text":"AA=="})"})
        bad(front + data + "]", expected);
    bad(front + R"("x",1.5])", "column 46: element 5: expected 0 or 1");
}

TEST_CASE("other methods as lines") {
    CHECK(ok<close_call>(R"(["hr","WebSocketClose",")" + id_text + R"(",3001,"bye"])").code ==
          3001);
    CHECK(ok<close_call>(R"(["hr",843,")" + id_text + R"(",9999999999999999999])").code == 0);
    CHECK(ok<abort_call>(R"(["hr","WebSocketAbort",")" + id_text + R"("])").id == id);
    CHECK(ok<answer_call>(R"(["hr","WebSocketUpgrade",")" + id_text +
                          "\",\"ws://a/\",\"HTTP/1.1 403 \xC3\xA9\\r\\n\\r\\n\",\"manual\"]")
              .head == "HTTP/1.1 403 \xE9\r\n\r\n");
    bad(R"(["hr","WebSocketUpgrade",")" + id_text + R"(","ws://a/","\u0100","manual"])",
        "column 55: element 5: expected characters up to U+00FF");
    const auto page = ok<respond_call>(
        R"(["hr","HTTPRequest","ProcessRequest",1,200,"\u00ff","text/html","http://a/","B: \u00e9\r\n","\u00e9","GET"])");
    CHECK(page.reason == "\xFF");
    CHECK(page.head == "B: \xE9\r\n");
    CHECK(page.body == "\xC3\xA9");
    CHECK(page.body_is_text);
}

TEST_CASE("lines that cannot be read name the column") {
    bad("{}", "column 1: expected an array");
    bad("  7", "column 3: expected an array");
    bad("\"x\"", "column 1: expected an array");
    bad("[]", "column 2: element 1: expected a string");
    bad("[7]", "column 2: element 1: expected a string");
    bad(R"(["other","WebSocketSend","x","y"])",
        R"(column 2: element 1: expected "hr", the object's name)");
    bad(R"(["hr"])", "column 6: element 2: expected a method's name or number");
    bad(R"(["hr", "Nonsense"])", "column 8: element 2: unknown method");
    bad(R"(["hr","WebSocketSend"])", "column 22: element 3: expected a string");
    bad(R"(["hr","WebSocketSend", 7, "x"])", "column 24: element 3: expected a string");
    bad(R"(["hr","WebSocketSend","[\",{]","x",[1,[2]],3])",
        "column 36: element 5: expected 0 or 1");
    // Characters are counted, not bytes.
    bad("[\"\xC3\xA9\xC3\xA9\", 1]", "column 2: element 1: expected \"hr\", the object's name");
    bad("[\"hr\",\"WebSocketSend\",\"\xC3\xA9\",7]",
        "column 27: element 4: expected a string or binary data");
}

TEST_CASE("bad JSON names the column") {
    const auto problem = [](const std::string& line) {
        const auto result = read_line(line, "hr");
        REQUIRE(std::holds_alternative<std::string>(result));
        return std::get<std::string>(result);
    };
    CHECK(problem(R"(["hr","x")").starts_with("column 10: "));
    CHECK(problem(R"(["hr",nul])").starts_with("column 10: "));
    CHECK(problem(R"(["hr"] x)").starts_with("column 8: "));
    CHECK(problem("[\"\xC3\xA9\",}").starts_with("column 6: "));
    CHECK(problem(R"(["hr","\ud800"])").starts_with("column 14: "));
    CHECK(problem(R"(["hr","\udc00x"])").find("surrogate") != std::string::npos);
    CHECK(problem("[\"hr\",\"\xFF\"]").starts_with("column 8: "));
    CHECK(problem(R"(["hr",1e999999])").starts_with("column "));
    // The input is not repeated, however long, and deep nesting costs no stack.
    CHECK(problem("[\"hr\",\"" + std::string(100000, 'x')).size() < 200);
    CHECK(problem(std::string(1000000, '[')).starts_with("column 1000001: "));
}

TEST_CASE("results name the method, in the order of the contract") {
    const std::string send = R"(["hr",847,")" + id_text + R"(","x"])";
    CHECK(result_of(send, "") ==
          R"({"method":"WebSocketSend","id":")" + id_text + R"(","result":0})");
    CHECK(result_of(R"(["hr",847,"no such","x"])", "unknown id") ==
          R"({"method":"WebSocketSend","id":"no such","error":"unknown id"})");
    CHECK(result_of(R"(["hr",840,"",1,200,"","","http://a/","","","GET"])", "no open request") ==
          R"({"method":"HTTPRequest","url":"http://a/","error":"no open request"})");
    CHECK(result_of(R"(["hr",841,"7","ws://a/","","manual"])", "") ==
          R"({"method":"WebSocketUpgrade","id":"7","result":0})");
}

TEST_CASE("blank lines") {
    CHECK(is_blank(""));
    CHECK(is_blank(" \t\r"));
    CHECK_FALSE(is_blank(" x"));
}

TEST_CASE("base64") {
    for (const auto& [bytes, text] : {std::pair<std::string, std::string>{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"\xFB\xFF\xFE", "+//+"}}) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
    for (const std::string text :
         {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "Zm 8", "====", "Zm8=\n", "-__-", "Zg==Zg=="})
        CHECK_FALSE(from_base64(text).has_value());
}

TEST_CASE("octets and characters") {
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    CHECK(utf8_to_octets(octets_to_utf8(all)) == all);
    CHECK_FALSE(utf8_to_octets("\xC4\x80").has_value());
    std::string_view odd = "\xF0\x9F\x98\x80\xFFx";
    CHECK(take_code_point(odd) == 0x1F600);
    CHECK(take_code_point(odd) == 0xFFFD);
    CHECK(take_code_point(odd) == U'x');
}
