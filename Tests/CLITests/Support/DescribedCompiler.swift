import Foundation
import Glibc
import Testing

extension Sandbox {
  /// Describes a compiler that is a shell script: its artifact is `TEST`, and the module in hexadecimal.
  func describe(_ script: String? = nil, version: String = "1.2", more: String = "") throws {
    let work = script ?? #"printf TEST > "$2"; od -An -v -tx1 "$1" >> "$2""#
    try write(
      "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'testc \(version)'; exit; fi\n\(work)\n", to: "../compiler/testc"
    )
    chmod(path + "/compiler/testc", 0o755)
    try write(
      """
      [backend.test-c]
      summary = "a test"
      get = "write it"
      programs = { testc = "\(path)/compiler/testc" }
      version = ["{testc}", "--version"]
      commands = [["{testc}", "{input}", "{output}"]]
      suffix = ".test"
      magic = "54455354"
      \(more)
      """, to: "../home/.config/wasmprecompile/config.toml")
  }

  /// Describes a compiler that makes code for other machines.
  ///
  /// - Parameter script: gets `for` and the target as its third argument, and the level as its fourth.
  func describeWithTarget(_ script: String? = nil, more: String = "") throws {
    let arguments = more.contains("opt-level") ? #", "{target}", "{opt-level}"]]"# : #", "{target}"]]"#
    try describe(script, more: "target = [\"for {target}\"]\n\(more)")
    let file = "../home/.config/wasmprecompile/config.toml"
    let text = try String(contentsOfFile: work + "/" + file, encoding: .utf8)
    try write(text.replacing(#""{output}"]]"#, with: #""{output}""# + arguments), to: file)
  }

  /// Describes a compiler that starts another program, as gcc starts cc1, whose output is the artifact.
  ///
  /// - Returns: that program's path.
  func describeWithHelper() throws -> String {
    let helper = path + "/compiler/cc1"
    try describe(
      "if [ \"$1\" = --which ]; then echo '\(helper)'; exit; fi\n'\(helper)' > \"$2\"",
      more: "helpers = [\"{testc}\", \"--which\"]")
    try replaceHelper(printing: "TEST one")
    return helper
  }

  /// Puts another program in the place of the one that the compiler starts.
  func replaceHelper(printing text: String) throws {
    try write("#!/bin/sh\necho '\(text)'\n", to: "../compiler/cc1.new")
    chmod(path + "/compiler/cc1.new", 0o755)
    try #require(Glibc.rename(path + "/compiler/cc1.new", path + "/compiler/cc1") == 0)
  }
}
