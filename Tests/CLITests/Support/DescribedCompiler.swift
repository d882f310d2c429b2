import Foundation

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
}
