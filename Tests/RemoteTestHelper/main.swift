import Crypto
import Glibc
import LinuxIO
import RemoteProtocol
import SystemPackage

// Speaks to the tool as `wasmprecompile-remote` does, and to no server: what the address has for a path is a directory, with an
// artifact in a file for each key, and its signature beside it. A file `fault` in it says in one word what is to go wrong, and every request is a line in
// its file `log`.

/// The bytes of a file; nil if there is none.
func contents(_ path: FilePath) -> [UInt8]? { try? Descriptor.open(path, O_RDONLY).contents() }

/// A directory that stands for a server.
struct Directory {
  let path: FilePath

  /// - Parameter address: `scheme://host:port/path`
  init(_ address: String) {
    let rest = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    path = FilePath("/" + (rest.count == 4 ? String(rest[3]) : ""))
  }

  var fault: String {
    String(decoding: contents(path.appending("fault")) ?? [], as: UTF8.self).split(separator: "\n").first.map(
      String.init)
      ?? ""
  }

  func file(_ key: RemoteKey) -> FilePath { path.appending(key.text.replacing("/", with: "_")) }

  func signature(_ key: RemoteKey) -> FilePath { FilePath(file(key).string + ".sig") }

  /// Another client may read it at the same moment.
  func write(_ bytes: [UInt8], to file: FilePath, _ number: UInt32) throws {
    let draft = path.appending("draft-\(getpid())-\(number)")
    try Descriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(bytes: bytes)
    guard rename(draft.string, file.string) == 0 else { exit(4) }
  }

  func log(_ line: String) {
    guard let log = try? Descriptor.open(path.appending("log"), O_WRONLY | O_CREAT | O_APPEND, mode: 0o600) else {
      return
    }
    try? log.write(all: line + "\n")
  }
}

func send(_ reply: RemoteReply, passing file: borrowing MemoryFile) throws {
  try socket.send(reply.encoded(), passing: [file.descriptor.raw])
}

func hang() { while true { pause() } }

/// Sends an artifact as the fault has it.
func give(_ bytes: [UInt8], signature: [UInt8], number: UInt32, fault: String) throws {
  let digest = fault == "wrong-digest" ? [UInt8](repeating: 7, count: 32) : Array(SHA256.hash(data: bytes))
  let size = fault == "wrong-size" ? bytes.count + 1 : bytes.count
  let file = try MemoryFile(name: "artifact")
  try file.descriptor.write(bytes: bytes)
  if fault != "unsealed" { try file.seal() }
  try send(.found(number: number, RemoteArtifact(digest: digest, size: size, signature: signature)), passing: file)
}

/// Makes a directory of what the tool has passed, and runs the program there.
func execute(
  _ execution: RemoteExecution, _ number: UInt32, _ directory: Directory, _ given: [RemoteBlob: [UInt8]],
  _ file: consuming Descriptor?
) throws {
  directory.log("execute \(execution.arguments.dropFirst(7).joined(separator: " "))")
  switch directory.fault {
  case "idle-workers":
    let trouble = RemoteTrouble(.idle, "the server executes nothing")
    return try socket.send(RemoteReply.failed(number: number, trouble).encoded())
  case "lost-workers":
    let trouble = RemoteTrouble(.unsuitable, "a worker was lost: it was killed")
    return try socket.send(RemoteReply.failed(number: number, trouble).encoded())
  case "dying-workers":
    return try socket.send(RemoteReply.exited(number: number, status: 137, words: "one\nkilled\n").encoded())
  case "lying-workers":
    return try socket.send(
      RemoteReply.exited(number: number, status: Int32(execution.refusal), words: "none of these\n").encoded())
  case "die-executing": exit(3)
  default: break
  }
  let root = directory.path.appending("action-\(getpid())-\(number)")
  mkdir(root.string, 0o700)
  mkdir(root.appending("lib").string, 0o700)
  for input in execution.inputs + [execution.subject] {
    let isSubject = input == execution.subject
    guard let bytes = try isSubject ? file?.contents() : given[input.blob], bytes.count == input.blob.size,
      Array(SHA256.hash(data: bytes)) == input.blob.digest
    else { exit(5) }
    try Descriptor.open(
      root.appending(input.path), O_WRONLY | O_CREAT | O_EXCL, mode: input.isExecutable ? 0o700 : 0o600
    ).write(bytes: bytes)
  }
  let errors = try MemoryFile(name: "errors")
  let none = try Descriptor.open("/dev/null", O_RDWR)
  chdir(root.string)
  let process = try ChildProcess(
    executable: execution.arguments[0], arguments: execution.arguments, environment: [],
    descriptors: [none.raw, none.raw, errors.descriptor.raw])
  let end = process.wait()
  chdir("/")
  guard end == .exited(status: 0), let bytes = contents(root.appending(execution.output)) else {
    let status: Int32 = if case .exited(let status)? = end { status } else { 134 }
    let words = String(decoding: try errors.descriptor.contents(), as: UTF8.self)
    return try socket.send(RemoteReply.exited(number: number, status: status, words: words).encoded())
  }
  let artifact = directory.fault == "foreign-artifacts" ? Array("no artifact".utf8) : bytes
  let made = try MemoryFile(name: "artifact")
  try made.descriptor.write(bytes: artifact)
  try made.seal()
  let digest =
    directory.fault == "wrong-artifacts" ? [UInt8](repeating: 7, count: 32) : Array(SHA256.hash(data: artifact))
  try send(.made(number: number, RemoteBlob(digest: digest, size: artifact.count)), passing: made)
}

/// - Parameter given: the files that the tool has given for executions.
func answer(
  _ request: RemoteRequest, _ directory: Directory, _ given: inout [RemoteBlob: [UInt8]], _ file: consuming Descriptor?
) throws {
  let fault = directory.fault
  switch request {
  case .open: break
  case .fetch(let number, let key, let largest):
    directory.log("fetch \(key.text)")
    switch fault {
    case "hang": hang()
    case "die": exit(3)
    case "slow":
      usleep(8_000)
      try socket.send(RemoteReply.missing(number: number).encoded())
    case "late":
      usleep(2_500_000)
      try socket.send(RemoteReply.missing(number: number).encoded())
    case "failing":
      try socket.send(RemoteReply.failed(number: number, RemoteTrouble(.silent, "no byte for 5 s")).encoded())
    case "stumbling":
      try socket.send(RemoteReply.failed(number: number, RemoteTrouble(.wrongBytes, "other bytes came")).encoded())
    case "other-number": try socket.send(RemoteReply.missing(number: number &+ 1000).encoded())
    default:
      guard let bytes = contents(directory.file(key)), bytes.count <= largest else {
        return try socket.send(RemoteReply.missing(number: number).encoded())
      }
      try give(
        bytes, signature: contents(directory.signature(key)) ?? [], number: number, fault: fault)
    }
  case .store(let number, let key, let artifact):
    directory.log("store \(key.text)")
    switch fault {
    case "full": try socket.send(RemoteReply.failed(number: number, RemoteTrouble(.full, "it has no room")).encoded())
    case "read-only":
      try socket.send(RemoteReply.failed(number: number, RemoteTrouble(.denied, "it lets nobody write")).encoded())
    default:
      let bytes = try file?.contents() ?? []
      guard bytes.count == artifact.size, Array(SHA256.hash(data: bytes)) == artifact.digest else {
        let trouble = RemoteTrouble(.wrongBytes, "it was given other bytes")
        return try socket.send(RemoteReply.failed(number: number, trouble).encoded())
      }
      if !artifact.signature.isEmpty { try directory.write(artifact.signature, to: directory.signature(key), number) }
      try directory.write(bytes, to: directory.file(key), number)
      try socket.send(RemoteReply.stored(number: number, sent: bytes.count).encoded())
    }
  case .give(let blob):
    directory.log("give \(blob.size)")
    given[blob] = try file?.contents()
  case .execute(let number, let execution): try execute(execution, number, directory, given, file)
  case .status(let number):
    let execution = fault == "idle-workers" ? RemoteFact("execution", "not offered") : .execution
    let facts = [RemoteFact("server", "a directory"), RemoteFact("updates", "allowed"), execution]
    try socket.send(RemoteReply.status(number: number, facts).encoded())
  }
}

func serve() throws {
  var directory = Directory("")
  var given: [RemoteBlob: [UInt8]] = [:]
  while true {
    var message = try socket.receive(limit: RemoteProtocol.largestMessage)
    if message.bytes.isEmpty { return }
    guard let request = RemoteRequest(message.bytes) else { exit(2) }
    if case .open(let version, let settings) = request {
      directory = Directory(settings.address)
      directory.log("open \(version) \(settings.patience) \(settings.salt)")
      switch directory.fault {
      case "silent": hang()
      case "crash":
        let words = "the first word\nthe last\n"
        _ = words.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        abort()
      case "foreign": try socket.send([99, 1, 2])
      case "refuse":
        let trouble = RemoteTrouble(.unreachable, "nobody answers there: is the server running?")
        try socket.send(RemoteReply.refused(trouble).encoded())
        return
      case "old": try socket.send(RemoteReply.refused(RemoteTrouble(.unsuitable, "it is of another release")).encoded())
      default: try socket.send(RemoteReply.opened(server: "a directory").encoded())
      }
      continue
    }
    try answer(request, directory, &given, message.takeDescriptor())
    // As after a minute without a request.
    if directory.fault == "idle", try !socket.waitUntilReadable(milliseconds: 0) {
      directory.log("ended")
      return
    }
  }
}

let socket = MessageSocket(Descriptor(owning: RemoteProtocol.socket))
do { try serve() } catch { exit(1) }
