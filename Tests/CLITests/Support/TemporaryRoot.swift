import Foundation
import Glibc

/// The directory that everything the tests write is in; it goes when the tests end.
enum TemporaryRoot {
  static let path: String = {
    // The real path, because the tool and the kernel name it so.
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    let path = parent + "/wasmprecompile-cli-tests-\(getpid())"
    mkdir(path, 0o755)
    atexit { try? FileManager.default.removeItem(atPath: TemporaryRoot.path) }
    return path
  }()
}
