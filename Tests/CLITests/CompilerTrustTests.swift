import Foundation
import Glibc
import TestSupport
import Testing

/// Compilers that others may change are named, though they are used: what is on the PATH is the user's choice.
@Suite struct CompilerTrustTests {
  /// What is said first when a module is made anew.
  private func complaint(_ box: Sandbox, _ options: Argument...) throws -> String? {
    let run = try box.succeed(options + ["--force", "--backend", "test-c", "a.wasm"])
    return run.errorLines.first { $0.contains("warning") }
  }

  @Test func whatOthersMayWriteToIsNamed() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      // Not beside the cache, which is nobody else's either.
      let above = box.path + "/above"
      let directory = above + "/compiler"
      try FileManager.default.createDirectory(atPath: above, withIntermediateDirectories: false)
      try FileManager.default.moveItem(atPath: box.path + "/compiler", toPath: directory)
      let file = box.path + "/home/.config/wasmprecompile/config.toml"
      var text = try String(contentsOfFile: file, encoding: .utf8)
      text.replace("testc = \"\(box.path)/compiler/", with: "testc = \"\(directory)/")
      try text.write(toFile: file, atomically: false, encoding: .utf8)
      func warning(_ path: String) -> String {
        "wasmprecompile: warning: --backend test-c: other users may write to \(path), and so decide what artifacts do: "
          + "`chmod go-w` it"
      }
      #expect(try complaint(box) == nil)
      for path in [directory + "/testc", directory, above] {
        chmod(path, 0o777)
        #expect(try complaint(box) == warning(path))
        #expect(try complaint(box, "-q") == nil)
        let engines = try box.succeed("engines", "--backend", "test-c")
        #expect(engines.errorLines == [warning(path)] && engines.outputLines.count == 1)
        let json = try box.succeed("engines", "--backend", "test-c", "--format", "json")
        #expect(json.output.contains("\"warning\":\"other users may write to \(path), and so"), "\(json.output)")
        chmod(path, 0o755)
      }
      #expect(try box.succeed("engines", "--backend", "test-c").errors == "")
      chmod(directory, 0o1777)
      #expect(try complaint(box) == nil, "nobody else can replace it there")
      chmod(directory, 0o755)

      // The link decides as much as the file.
      try box.write("", to: "../links/empty")
      try box.link("../links/testc", to: directory + "/testc")
      try text.replacing("testc = \"\(directory)/", with: "testc = \"\(box.path)/links/")
        .write(toFile: file, atomically: false, encoding: .utf8)
      chmod(box.path + "/links", 0o777)
      #expect(try complaint(box) == warning(box.path + "/links"))

      // So does one on the way from the link to the file.
      chmod(box.path + "/links", 0o755)
      #expect(try complaint(box) == nil)
      try box.write("", to: "../between/empty")
      try box.link("../between/testc", to: directory + "/testc")
      try box.remove("../links/testc")
      try box.link("../links/testc", to: "../between/testc")
      #expect(try complaint(box) == nil)
      chmod(box.path + "/between", 0o777)
      #expect(try complaint(box) == warning(box.path + "/between"))
    }
  }

  @Test(.needs(geteuid() == 0, "root, who can give files away")) func ownersAreNamedAndRootsGroupsAreNot() throws {
    try Sandbox.use { box in
      try box.describe()
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      let program = box.path + "/compiler/testc"
      let warning =
        "wasmprecompile: warning: --backend test-c: \(program) belongs to user 12345, who decides what artifacts do"
      // As /usr/local/bin is for Debian's group staff.
      try #require(chown(box.path + "/compiler", 0, 50) == 0)
      chmod(box.path + "/compiler", 0o2775)
      #expect(try complaint(box) == nil)
      try #require(chown(program, 12345, 0) == 0)
      #expect(try complaint(box) == warning)
      // A link in a sticky directory belongs to whoever made it, wherever it leads.
      try #require(
        chown(program, 0, 0) == 0 && rename(program, program + "-1") == 0 && symlink("testc-1", program) == 0)
      chmod(box.path + "/compiler", 0o1777)
      #expect(try complaint(box) == nil)
      try #require(lchown(program, 12345, 0) == 0)
      #expect(try complaint(box) == warning)
    }
  }
}
