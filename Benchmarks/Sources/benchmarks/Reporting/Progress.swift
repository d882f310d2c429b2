internal import Glibc

/// Tells whoever waits what is going on, on standard error.
enum Progress {
  static func say(_ line: String) {
    let text = Array("benchmarks: \(line)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
  }
}
