/// What this program is called, for every message and every file that names it.
enum Tool {
  static let name = "wasmprecompile"
  static let version = "0.1.0"
}
