import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Vector;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import me.friwi.jcefmaven.MavenCefAppHandlerAdapter;
import org.cef.CefApp;
import org.cef.callback.CefCallback;
import org.cef.callback.CefResourceReadCallback;
import org.cef.callback.CefSchemeRegistrar;
import org.cef.handler.CefResourceHandlerAdapter;
import org.cef.misc.BoolRef;
import org.cef.misc.IntRef;
import org.cef.misc.StringRef;
import org.cef.network.CefPostData;
import org.cef.network.CefPostDataElement;
import org.cef.network.CefRequest;
import org.cef.network.CefResponse;

/** Answers wsintercept://bridge and the site's pages with what an HTTP server of the program says. */
class Bridge extends MavenCefAppHandlerAdapter {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService readers = Executors.newCachedThreadPool(work -> {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  });
  private final String server;

  /** server: "http://127.0.0.1:8080". */
  Bridge(String server) {
    this.server = server;
  }

  @Override
  public void onRegisterCustomSchemes(CefSchemeRegistrar registrar) {
    // Standard, secure, CORS and fetch enabled.
    for (String scheme : new String[] {"wsintercept", "app"})
      registrar.addCustomScheme(scheme, true, false, false, true, true, false, true);
  }

  @Override
  public void onContextInitialized() {
    CefApp app = CefApp.getInstance();
    app.registerSchemeHandlerFactory(
        "wsintercept", "bridge", (browser, frame, scheme, request) -> new Exchange());
    for (String pages : new String[] {"http", "https", "app"})
      app.registerSchemeHandlerFactory(
          pages, "myapp", (browser, frame, scheme, request) -> new Exchange());
  }

  /** One request of the engine's, which calls it on its own threads. */
  private class Exchange extends CefResourceHandlerAdapter {
    private HttpResponse<InputStream> answer;
    private boolean cancelled;

    @Override
    public boolean open(CefRequest request, BoolRef now, CefCallback callback) {
      HttpRequest.Builder sent =
          HttpRequest.newBuilder(URI.create(server + path(request.getURL())))
              .method(request.getMethod(), HttpRequest.BodyPublishers.ofByteArray(body(request)));
      String origin = request.getHeaderByName("Origin");
      if (origin != null && !origin.isEmpty())
        sent.header("Origin", origin);
      now.set(false);
      client.sendAsync(sent.build(), HttpResponse.BodyHandlers.ofInputStream())
          .whenComplete((came, failed) -> take(came, callback));
      return true;
    }

    private synchronized void take(HttpResponse<InputStream> came, CefCallback callback) {
      answer = came;
      if (cancelled)
        close();
      else if (came == null)
        callback.cancel();
      else
        callback.Continue();
    }

    @Override
    public void getResponseHeaders(CefResponse response, IntRef length, StringRef redirect) {
      response.setStatus(answer.statusCode());
      response.setMimeType(field("Content-Type"));
      response.setHeaderByName(
          "Access-Control-Allow-Origin", field("Access-Control-Allow-Origin"), true);
      length.set(-1);
    }

    private String field(String name) {
      return answer.headers().firstValue(name).orElse("");
    }

    @Override
    public boolean read(byte[] unused, int size, IntRef got, CefResourceReadCallback callback) {
      got.set(0); // later
      readers.execute(() -> {
        byte[] bytes = new byte[size];
        int n;
        try {
          n = Math.max(answer.body().read(bytes), END);
        } catch (IOException cutOff) {
          n = FAILED;
        }
        deliver(bytes, n, callback);
      });
      return true;
    }

    /** The engine takes its buffer back when it cancels. */
    private synchronized void deliver(byte[] bytes, int n, CefResourceReadCallback callback) {
      if (cancelled)
        return;
      if (n > 0)
        System.arraycopy(bytes, 0, callback.getBuffer(), 0, n);
      callback.Continue(n);
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      close();
    }

    private void close() {
      try {
        if (answer != null)
          answer.body().close();
      } catch (IOException alreadyClosed) {
        return;
      }
    }
  }

  private static final int END = 0;
  private static final int FAILED = -2; // ERR_FAILED

  private static String path(String url) {
    String path = url.replaceFirst("^[a-z]+://[^/]*", "").replaceFirst("[?#].*", "");
    return path.isEmpty() ? "/" : path;
  }

  private static byte[] body(CefRequest request) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CefPostData data = request.getPostData();
    if (data == null)
      return out.toByteArray();
    Vector<CefPostDataElement> parts = new Vector<>();
    data.getElements(parts);
    for (CefPostDataElement part : parts) {
      byte[] bytes = new byte[part.getBytesCount()];
      part.getBytes(bytes.length, bytes);
      out.writeBytes(bytes);
    }
    return out.toByteArray();
  }
}
