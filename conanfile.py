import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class Wsintercept(ConanFile):
    name = "wsintercept"
    description = "Answers the WebSockets of pages in an embedded web engine"
    license = "BSL-1.0"
    topics = ("websocket", "cef", "chromium", "qtwebengine", "webkitgtk", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    # What more than the standard library each needs: Boost, zlib, OpenSSL.
    options = {part: [True, False] for part in ("loopback", "deflate", "tls")}
    default_options = {part: False for part in ("loopback", "deflate", "tls")}
    exports = "meson.build"
    exports_sources = "include/*", "tests/kit/*.hpp", "LICENSE"
    no_copy_source = True

    def set_version(self):
        build = load(self, Path(self.recipe_folder) / "meson.build")
        self.version = re.search(r"^  version: '(.*)'", build, re.M)[1]

    def layout(self):
        basic_layout(self)

    def requirements(self):
        if self.options.loopback:
            self.requires("boost/[>=1.74 <2]", transitive_headers=True)
        if self.options.deflate:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)
        if self.options.tls:
            self.requires("openssl/[>=3 <4]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        source, package = Path(self.source_folder), Path(self.package_folder)
        copy(self, "LICENSE", source, package / "licenses")
        copy(self, "*", source / "include", package / "include")
        copy(self, "*.hpp", source / "tests/kit", package / "include/wsintercept/kit")

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "wsintercept")
        self._component("wsintercept", [])
        if self.settings.os == "Windows":  # its random numbers
            self.cpp_info.components["wsintercept"].system_libs = ["bcrypt"]
        if self.options.loopback:
            self._component("loopback", ["boost::headers"])
            if self.settings.os in ("Linux", "FreeBSD"):
                self.cpp_info.components["loopback"].system_libs = ["pthread"]
            elif self.settings.os == "Windows":
                self.cpp_info.components["loopback"].system_libs = ["ws2_32", "mswsock"]
        if self.options.deflate:
            self._component("deflate", ["zlib::zlib"])
        if self.options.tls:
            self._component("tls", ["openssl::ssl"])

    def _component(self, name, others):
        core = name == "wsintercept"
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"wsintercept::{name}")
        component.set_property("pkg_config_name", name if core else f"wsintercept-{name}")
        component.bindirs = component.libdirs = []
        component.includedirs = ["include"] if core else []
        component.requires = ([] if core else ["wsintercept"]) + others
