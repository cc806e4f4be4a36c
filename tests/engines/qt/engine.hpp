// Pages of a real QtWebEngine, for tests: what they are to run, and what they say.
#pragma once

#include <QApplication>
#include <QDeadlineTimer>
#include <QEventLoop>
#include <QTimer>
#include <QWebEnginePage>
#include <QWebEngineProfile>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#if defined(__unix__)
#include <unistd.h> // geteuid
#endif

namespace qt_tests {

/// Ahead of QApplication: nothing is shown, and as user 0, where it does not start, there is no
/// sandbox.
inline void prepare() {
    qputenv("QT_QPA_PLATFORM", "offscreen");
#if defined(__unix__)
    if (geteuid() == 0)
        qputenv("QTWEBENGINE_DISABLE_SANDBOX", "1");
#endif
}

/// Runs Qt's loop until something is so.
inline bool until(const std::function<bool()>& so) {
    QTimer wake; // the loop is left now and then, whatever happens
    wake.start(5);
    const QDeadlineTimer limit{20'000};
    while (!so()) {
        if (limit.hasExpired())
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    return true;
}

/// A page at a URL, which need not be anywhere: its text is given.
class page final : public QWebEnginePage {
  public:
    page(QWebEngineProfile& profile, const char* url, const char* head = "")
        : QWebEnginePage{&profile} {
        load(url, head);
    }

    /// Its text. head: more of it, before its script.
    static std::string text(const char* head) {
        return std::string{"<!DOCTYPE html><meta charset=utf-8>"} + head +
               "<body><script>const say = t => console.log('said:' + t); say('here')</script>";
    }
    /// Returns when it is there.
    void load(const char* url, const char* head = "") {
        said_.clear();
        setHtml(QString::fromStdString(text(head)), QUrl{url});
        until_said("here");
    }
    /// The same for a URL that has its text from elsewhere.
    void visit(const char* url) {
        said_.clear();
        QWebEnginePage::load(QUrl{url});
        until_said("here");
    }
    void run(const std::string& script) {
        runJavaScript(QString::fromStdString("{" + script + "}"));
    }
    bool until_said(std::string_view text) {
        return until([&] { return std::find(said_.begin(), said_.end(), text) != said_.end(); });
    }

  private:
    void javaScriptConsoleMessage(JavaScriptConsoleMessageLevel, const QString& message, int,
                                  const QString&) override {
        if (message.startsWith(QLatin1String{"said:"}))
            said_.push_back(message.mid(5).toStdString());
    }

    std::vector<std::string> said_;
};

} // namespace qt_tests
