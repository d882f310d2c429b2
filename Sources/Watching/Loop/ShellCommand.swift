internal import CLinux
internal import Glibc
internal import SystemPackage

/// A shell command as a child of its own process group, with the signal state of a fresh login.
///
/// It reads nothing: in the background a terminal's input would stop it. Its output goes where ours goes.
struct ShellCommand {
  /// Bytes with a zero at their end: neither file names nor variables have to be UTF-8.
  private typealias CString = [CChar]

  private let arguments: [CString]
  private let environment: [CString]

  /// - Parameter variables: replace those of the same name.
  init(_ command: String, adding variables: [String: [UInt8]]) {
    arguments = ["/bin/sh", "-c", command].map { Self.cString($0.utf8) }
    let added = variables.map { name, value in Self.cString(Array("\(name)=".utf8) + value) }
    environment = Self.inherited(without: variables.keys.map { Self.cString("\($0)=".utf8) }) + added
  }

  /// Starts it; whoever calls has to wait for it.
  func spawn() throws(Errno) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)

    var child: pid_t = 0
    let error = Self.withPointers(arguments) { arguments in
      Self.withPointers(environment) { environment in
        posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environment)
      }
    }
    guard error == 0 else { throw Errno(rawValue: error) }
    return child
  }

  /// - Parameter assignments: beginnings like `NAME=` that are left out.
  private static func inherited(without assignments: [CString]) -> [CString] {
    var variables: [CString] = []
    var next = clinux_environment()
    while let entry = next?.pointee {
      if !assignments.contains(where: { strncmp(entry, $0, $0.count - 1) == 0 }) {
        variables.append(Array(UnsafeBufferPointer(start: entry, count: strlen(entry) + 1)))
      }
      next = next?.successor()
    }
    return variables
  }

  private static func cString(_ bytes: some Sequence<UInt8>) -> CString {
    bytes.map { CChar(bitPattern: $0) } + [0]
  }

  private static func withPointers<Result>(
    _ strings: [CString], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return body(pointers)
  }
}
