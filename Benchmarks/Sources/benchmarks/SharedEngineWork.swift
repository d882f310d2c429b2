internal import Glibc

/// The work of the engine alone, shared between processes by a pipe: each takes the number of its next module out of it.
struct SharedEngineWork {
  private let processes: Int
  /// The largest first, so that no process has much to do when the others have ended.
  private let files: [String]

  /// As many numbers as a pipe takes before anyone reads.
  private static let most = 16_384

  init(_ processes: Int, _ files: [String]) throws {
    guard files.count <= Self.most else { throw Failure("more than \(Self.most) modules cannot be shared") }
    self.processes = processes
    self.files = files.map { (size: Files.size($0) ?? 0, path: $0) }.sorted { $0.size > $1.size }.map(\.path)
  }

  /// Runs all processes to their end, and tells of their work as one would.
  func run(_ options: [String]) throws {
    let ends = try Self.pipe()
    for number in files.indices {
      var number = UInt32(number)
      guard write(ends[1], &number, MemoryLayout<UInt32>.size) == MemoryLayout<UInt32>.size else {
        throw Failure(systemCall: "write")
      }
    }
    close(ends[1])
    let command = ["/proc/self/exe", EngineAloneCommand.name] + options + files
    let answers = try (0..<processes).map { _ in try start(command, reading: ends[0]) }
    close(ends[0])
    var all = EngineWork()
    for answer in answers {
      let work = try EngineWork(line: answer.end())
      all.artifacts += work.artifacts
      all.artifactBytes += work.artifactBytes
      all.processorNanoseconds += work.processorNanoseconds
    }
    print(all.line)
  }

  /// The modules whose numbers come from standard input, until there are no more.
  static func taking(from files: [String]) -> AnySequence<String> {
    AnySequence(
      sequence(state: ()) { _ in
        var number: UInt32 = 0
        let size = MemoryLayout<UInt32>.size
        guard read(STDIN_FILENO, &number, size) == size, files.indices.contains(Int(number)) else { return nil }
        return files[Int(number)]
      })
  }

  /// The reading and the writing end of a pipe that no program inherits.
  private static func pipe() throws -> [Int32] {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Failure(systemCall: "pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private struct Answer {
    let process: pid_t
    let output: Int32

    /// Waits for the process, and gives the last line that it said.
    func end() throws -> Substring {
      var text: [UInt8] = []
      var block = [UInt8](repeating: 0, count: 4096)
      while case let count = read(output, &block, block.count), count > 0 { text += block.prefix(count) }
      close(output)
      var status: Int32 = 0
      guard waitpid(process, &status, 0) == process, status == 0 else { throw Failure("the engine alone has failed") }
      return Substring(String(decoding: text, as: UTF8.self)).split(separator: "\n").last ?? ""
    }
  }

  private func start(_ command: [String], reading numbers: Int32) throws -> Answer {
    let ends = try Self.pipe()
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, numbers, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    var argv = command.map { strdup($0) } + [nil]
    defer { for text in argv { free(text) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, command[0], &actions, nil, &argv, environ)
    guard result == 0 else { throw Failure("\(command[0]): \(String(cString: strerror(result)))") }
    return Answer(process: process, output: ends[0])
  }
}
