// Pages from a scheme of the program's own: app://myapp/.
#pragma once

#include <QBuffer>
#include <QWebEngineUrlRequestJob>
#include <QWebEngineUrlScheme>
#include <QWebEngineUrlSchemeHandler>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace qt_tests {

/// Serves what `find` gives for a path: a media type and a body.
class own_scheme final : public QWebEngineUrlSchemeHandler {
  public:
    using found = std::optional<std::pair<std::string, std::string>>;
    using finder = std::function<found(const std::string& path)>;

    explicit own_scheme(finder find) : find_{std::move(find)} {}

    /// Ahead of QApplication. A secure context, with workers of all kinds.
    static void declare() {
        QWebEngineUrlScheme scheme{"app"};
        scheme.setSyntax(QWebEngineUrlScheme::Syntax::Host);
        scheme.setFlags(QWebEngineUrlScheme::SecureScheme | QWebEngineUrlScheme::CorsEnabled |
                        QWebEngineUrlScheme::ServiceWorkersAllowed);
        QWebEngineUrlScheme::registerScheme(scheme);
    }

  private:
    void requestStarted(QWebEngineUrlRequestJob* job) override {
        const found file = find_(job->requestUrl().path().toStdString());
        if (!file)
            return job->fail(QWebEngineUrlRequestJob::UrlNotFound);
        auto* body = new QBuffer{job};
        body->setData(QByteArray::fromStdString(file->second));
        job->reply(QByteArray::fromStdString(file->first), body);
    }

    finder find_;
};

} // namespace qt_tests
