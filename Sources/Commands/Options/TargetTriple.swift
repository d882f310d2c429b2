internal import ArgumentParser

/// A target triple as an argument: `aarch64-unknown-linux-gnu`.
struct TargetTriple: OptionValue, Hashable {
  let text: String

  /// Takes nothing that a compiler could take for an option, or that is no name.
  init?(argument: String) {
    let isPlain = argument.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "-_.".utf8.contains($0)
    }
    guard isPlain, !argument.isEmpty, !argument.hasPrefix("-"), argument.utf8.count <= 64 else { return nil }
    text = argument
  }

  /// The usual triple that was perhaps meant; nil if none is near, or if it is one.
  static func nearest(to text: String) -> String? {
    usual.contains(text) ? nil : usual.nearest(to: text, within: 3)
  }

  private static let usual =
    ["x86_64", "aarch64", "riscv64gc", "s390x"].map { "\($0)-unknown-linux-gnu" }
    + ["x86_64", "aarch64"].flatMap { ["\($0)-unknown-linux-musl", "\($0)-apple-darwin", "\($0)-pc-windows-msvc"] }
}
