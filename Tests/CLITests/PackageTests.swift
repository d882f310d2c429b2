import Foundation
import SystemPackage
import TestSupport
import Testing

/// What packages are made of, with the executable that was built for the tests. `make package-check` tries real ones in bare
/// systems.
@Suite struct PackageTests {
  private static let root = "\(EngineUnderTest.packageRoot)"

  /// Stages the files of a package in the sandbox, which `.ci/package` strips and documents.
  private func stage(_ kind: String, in box: Sandbox) throws -> String {
    let staged = box.path + "/staged"
    var command = box.command("\(Self.root)/.ci/package", [Argument("stage-" + kind), "1.2.3", Argument(staged)])
    command.environment["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    command.environment["EXECUTABLE"] = "\(try BuiltExecutable.path())"
    command.environment["REMOTE"] = RealRemote.helper
    command.environment["WORKER"] = "\(try BuiltExecutable.path().removingLastComponent())/wasmprecompile-worker"
    let run = try command.run()
    try #require(run.ending == .exited(0), "\(run.output)\(run.errors)")
    return staged
  }

  private func files(below path: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isDirectory: ObjCBool = false
      return !FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory)
        || !isDirectory.boolValue
    }
  }

  /// What `make install` installs, with Python's packages in a place that a package decides.
  private func installedFiles(python: String) throws -> [String] {
    try Installation.files(in: Installation.shared.get().root).map {
      $0.replacing(#/lib\/python3[^\/]*\/(dist|site)-packages/#, with: python)
    }
  }

  private func sections(of file: String, in box: Sandbox) throws -> String {
    try box.command("readelf", ["--wide", "--sections", Argument(file)]).run().output
  }

  @Test func theDebianPackageHasWhatIsInstalled() throws {
    try Sandbox.use { box in
      let staged = try stage("deb", in: box)
      let installed = try installedFiles(python: "lib/python3/dist-packages").map { file in
        let place = file.replacing("zsh/site-functions", with: "zsh/vendor-completions")
        return place.hasPrefix("share/man/") ? place + ".gz" : place
      }
      let documents = ["NOTICE.swift-crypto", "changelog.Debian.gz", "changelog.gz", "copyright"].map {
        "share/doc/wasmprecompile/" + $0
      }
      let expected = installed + documents + ["share/lintian/overrides/wasmprecompile"]
      #expect(Set(try files(below: staged + "/usr")) == Set(expected))

      let sections = try sections(of: staged + "/usr/bin/wasmprecompile", in: box)
      #expect(sections.contains(" .text ") && !sections.contains(" .symtab ") && !sections.contains(" .debug_"))
      let symbols = try files(below: staged + "-dbgsym/usr/lib/debug/.build-id").map {
        "\(staged)-dbgsym/usr/lib/debug/.build-id/\($0)"
      }
      #expect(symbols.count == 1)
      #expect(try self.sections(of: #require(symbols.first), in: box).contains(" .debug_info "))
      let unit = try String(
        contentsOfFile: staged + "/usr/lib/systemd/user/wasmprecompile@.service", encoding: .utf8)
      #expect(unit.contains(#"ExecStart="/usr/bin/wasmprecompile" "#))
    }
  }

  @Test(.needs(RealRemote.isThere, RealRemote.need)) func theHelperHasAPackageOfItsOwn() throws {
    try Sandbox.use { box in
      let staged = try stage("remote", in: box)
      let documents = "share/doc/wasmprecompile-remote/"
      let files = try files(below: staged + "/usr")
      let notices = files.filter { $0.hasPrefix(documents + "NOTICE.") }
      #expect(notices.contains(documents + "NOTICE.swift-nio") && notices.contains(documents + "NOTICE.grpc-swift-2"))
      #expect(
        Set(files).subtracting(notices)
          == Set(
            ["changelog.Debian.gz", "changelog.gz", "copyright"].map { documents + $0 } + [
              "libexec/wasmprecompile/wasmprecompile-remote", "libexec/wasmprecompile/wasmprecompile-worker",
              "share/lintian/overrides/wasmprecompile-remote",
            ]))
      for program in ["wasmprecompile-remote", "wasmprecompile-worker"] {
        let sections = try sections(of: staged + "/usr/libexec/wasmprecompile/" + program, in: box)
        #expect(sections.contains(" .text ") && !sections.contains(" .symtab ") && !sections.contains(" .debug_"))
      }
      // Each license that is named has its text.
      let copyright = try String(contentsOfFile: "\(staged)/usr/\(documents)copyright", encoding: .utf8)
      let named = Set(copyright.matches(of: #/\nCopyright: (?:.|\n )+\nLicense: (.+)/#).map { String($0.1) })
      #expect(named.count >= 7)
      for license in named { #expect(copyright.contains("\n\nLicense: \(license)\n"), "\(license)") }
    }
  }

  @Test func theArchiveWorksWhereItLies() throws {
    try Sandbox.use { box in
      let staged = try stage("archive", in: box)
      let files = try files(below: staged)
      let carried = ["libgcc_s.so.1", "libinotifytools.so.0"].map { "lib/wasmprecompile/" + $0 }
      let documents = ["Apache-2.0", "CHANGELOG.md", "GPL-2", "GPL-3", "LGPL-2.1", "NOTICE.swift-crypto", "copyright"]
        .map { "share/doc/wasmprecompile/" + $0 }
      let installed = try installedFiles(python: "share/wasmprecompile/python")
      #expect(Set(files) == Set(installed + carried + documents + ["README"]))
      // Each library that comes along is in the paper that says under which license.
      let copyright = try String(contentsOfFile: Self.root + "/.ci/debian/copyright", encoding: .utf8)
      for file in files where file.hasPrefix("lib/wasmprecompile/") {
        #expect(copyright.contains("\nFiles: \(file)\n"), "\(file)")
      }

      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let executable = staged + "/bin/wasmprecompile"
      let run = try box.command(executable, ["-v", "a.wasm"]).run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.errors.contains(", \(staged)/lib/wasmprecompile/libwasmtime.so\n"))
      try FileManager.default.removeItem(atPath: staged + "/lib/wasmprecompile/libwasmtime.so")
      let version = try box.command(executable, ["--version"]).run()
      #expect(version.ending == .exited(0))
      #expect(version.outputLines.last == "engine  none, see `wasmprecompile engines`")
    }
  }

  @Test(arguments: ["x86_64", "aarch64"]) func everyEngineIsPinned(for processor: String) throws {
    let pins = try String(contentsOfFile: Self.root + "/.ci/wheels.sha256", encoding: .utf8).lines
    for version in EngineUnderTest.versions + ["49.0.0"] {
      let found = pins.filter { $0.contains("  wasmtime-\(version)-py3-") && $0.hasSuffix("_\(processor).whl") }
      #expect(found.count == 1, "\(version)")
    }
  }
}
