/// The program's name and release.
enum Program {
  static let name = "wasmprecompile"
  static let version = "0.1.0"
}
