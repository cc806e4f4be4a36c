// A Qt window with the demo's page, whose WebSockets this program answers.
#include "carried_answers.hpp"

#include <wsintercept/renderer/qt_webengine.hpp>

#include <QApplication>
#include <QTimer>
#include <QWebEngineView>

#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#if defined(__unix__)
#include <unistd.h> // geteuid
#endif

namespace {

using namespace wsintercept;

/// InterceptedURLs: whose the URLs of the page are. What no row matches goes to the network.
const std::vector<row> rows{
    {"ws://myapp/chat", action::manual},
    {"ws://myapp/private", action::manual},
    {"ws://myapp/*", action::automatic},
    {"http://myapp/api/*", action::automatic},
};

int fail(const std::string& why) {
    std::cerr << "qt_demo: " << why << std::endl;
    return 1;
}

/// As user 0 Chromium's sandbox does not start.
void allow_user_0() {
#if defined(__unix__)
    if (geteuid() != 0)
        return;
    std::cerr << "qt_demo: as user 0 the engine has no sandbox" << std::endl;
    qputenv("QTWEBENGINE_DISABLE_SANDBOX", "1");
#endif
}

} // namespace

int main(int argc, char** argv) {
    const bool offscreen = argc == 2 && std::strcmp(argv[1], "--offscreen") == 0;
    if (argc > 1 && !offscreen) {
        std::cerr << "usage: qt_demo [--offscreen]\n"
                     "--offscreen: no window; ends with the page's verdict, 0 where it passed\n";
        return 2;
    }
    if (offscreen)
        qputenv("QT_QPA_PLATFORM", "offscreen");
    allow_user_0();
    QApplication qt{argc, argv};

    // From here on it is ours, until the flags are set.
    const auto table = intercepted_urls::build(rows).table;
    loopback::options options;
    options.pages = demo::page_file;
    demo::carried_answers handler{[](std::chrono::milliseconds delay, std::function<void()> work) {
        QTimer::singleShot(delay, Qt::PreciseTimer, qApp, std::move(work));
    }};
    qt_webengine::proxy<demo::carried_answers> proxy{handler, table, options};
    if (const std::error_code failed = proxy.listen())
        return fail("cannot listen on 127.0.0.1: " + failed.message());
    handler.use(proxy.sockets());
    const auto flags = proxy.flags(qgetenv(qt_webengine::flags_variable).toStdString());
    if (!flags.error.empty())
        return fail(flags.error);
    qputenv(qt_webengine::flags_variable, QByteArray::fromStdString(flags.text));

    QWebEngineView view;
    handler.on_verdict = [&](std::string_view text) {
        std::cout << "\nThe page says: " << text << std::endl;
        if (offscreen)
            QApplication::exit(text.starts_with("passed") ? 0 : 1);
    };
    if (offscreen)
        QTimer::singleShot(30'000, &view,
                           [] { QApplication::exit(fail("no verdict after 30 s")); });
    view.resize(1100, 900);
    view.load(QUrl{"http://myapp/"});
    view.show();
    return QApplication::exec();
}
