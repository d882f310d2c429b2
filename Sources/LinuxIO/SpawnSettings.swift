internal import CLinux
internal import Glibc
internal import SystemPackage

/// How a program is started (posix_spawn(3)).
struct SpawnSettings: ~Copyable {
  private let actions = UnsafeMutablePointer<posix_spawn_file_actions_t>.allocate(capacity: 1)
  private let attributes = UnsafeMutablePointer<posix_spawnattr_t>.allocate(capacity: 1)
  private var flags = Int32(POSIX_SPAWN_SETSIGMASK)

  init() {
    posix_spawn_file_actions_init(actions)
    posix_spawnattr_init(attributes)
    // Our threads block almost every signal; a child must not inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(attributes, &none)
  }

  deinit {
    posix_spawn_file_actions_destroy(actions)
    posix_spawnattr_destroy(attributes)
    actions.deallocate()
    attributes.deallocate()
  }

  /// Gives the child descriptors as 0, 1, 2… and no others.
  func give(_ descriptors: [Int32]) {
    let count = Int32(descriptors.count)
    var sources = descriptors
    // What lies where another is put goes elsewhere first. It is there where another thread has just closed a file.
    let free = max(count, (descriptors.max() ?? 0) + 1)
    for (target, source) in descriptors.enumerated() where source < count && source != target {
      sources[target] = free + Int32(target)
      posix_spawn_file_actions_adddup2(actions, source, sources[target])
    }
    for (target, source) in sources.enumerated() {
      posix_spawn_file_actions_adddup2(actions, source, Int32(target))
    }
    // Not everything that we were started with is close-on-exec.
    clinux_spawn_closing_from(actions, count)
  }

  /// Lets the child keep a descriptor under its number, whatever is to be done with it elsewhere.
  func keep(_ descriptor: Int32) {
    // To duplicate one onto itself takes close-on-exec from it (posix_spawn_file_actions_adddup2(3)).
    posix_spawn_file_actions_adddup2(actions, descriptor, descriptor)
  }

  /// Lets the child read nothing.
  func closeInput() { posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) }

  /// Sends the child's output where its errors go.
  func mergeOutput() { posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO) }

  /// Makes the child the leader of a new process group, and gives every signal its own effect.
  mutating func leadGroup() {
    resetSignals()
    posix_spawnattr_setpgroup(attributes, 0)
    flags |= Int32(POSIX_SPAWN_SETPGROUP)
  }

  /// Makes the child the leader of a new session, which has no terminal, and gives every signal its own effect.
  mutating func leadSession() {
    resetSignals()
    flags |= Self.newSession
  }

  private mutating func resetSignals() {
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(attributes, &all)
    flags |= Int32(POSIX_SPAWN_SETSIGDEF)
  }

  // The C library shows POSIX_SPAWN_SETSID to GNU sources only.
  private static let newSession: Int32 = 0x80

  /// - Parameters:
  ///   - arguments: each with NUL at its end.
  ///   - environment: `NAME=VALUE`, each with NUL at its end.
  func spawn(_ executable: String, _ arguments: [[CChar]], _ environment: [[CChar]]) throws(SystemError) -> pid_t {
    posix_spawnattr_setflags(attributes, Int16(flags))
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, executable, actions, attributes, &argv, &envp)
    guard result == 0 else { throw SystemError("posix_spawn", Errno(rawValue: result)) }
    return child
  }
}
