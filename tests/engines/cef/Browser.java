// A browser of JCEF's that stands where a Chromium is spawned:
//   Browser INSTALL [--SWITCH...] URL
// INSTALL: the folder of the bundle, which is unpacked there at the first start. The switches are
// CEF's, but for --user-data-dir, which is its root_cache_path; --app, the URL; and --headless,
// which a window has no use for. --bridge=SERVER: the site's pages and its sockets come from there,
// by scheme handlers.
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import javax.swing.JFrame;
import javax.swing.SwingUtilities;
import me.friwi.jcefmaven.CefAppBuilder;
import org.cef.CefApp;

public class Browser {
  public static void main(String[] args) throws Exception {
    CefAppBuilder builder = new CefAppBuilder();
    builder.setInstallDir(new File(args[0]));
    builder.getCefSettings().windowless_rendering_enabled = false;
    String folder = "--user-data-dir=";
    String bridge = "--bridge=";
    List<String> switches = new ArrayList<>();
    for (int i = 1; i < args.length - 1; ++i)
      if (args[i].startsWith(folder))
        builder.getCefSettings().root_cache_path = args[i].substring(folder.length());
      else if (args[i].startsWith(bridge))
        builder.setAppHandler(new Bridge(args[i].substring(bridge.length())));
      else if (!args[i].equals("--headless"))
        switches.add(args[i]);
    builder.addJcefArgs(switches.toArray(new String[0]));
    CefApp app = builder.build();
    CefApp.CefVersion version = app.getVersion();
    System.out.println("engine\tCEF\t" + version.getCefVersion() + " in JCEF " + version.getJcefVersion()
        + ", Chromium " + version.getChromeVersion());
    System.out.flush();
    String url = args[args.length - 1].replaceFirst("^--app=", "");
    SwingUtilities.invokeLater(() -> {
      JFrame window = new JFrame("wsintercept");
      window.add(app.createClient().createBrowser(url, false, false).getUIComponent());
      window.setSize(1280, 856);
      window.addWindowListener(new WindowAdapter() { // also where CEF asks it to close
        @Override
        public void windowClosing(WindowEvent e) {
          app.dispose();
          window.dispose();
        }
      });
      window.setVisible(true);
    });
  }
}
