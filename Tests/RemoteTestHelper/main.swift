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

func answer(_ request: RemoteRequest, _ directory: Directory, _ file: consuming Descriptor?) throws {
  let fault = directory.fault
  switch request {
  case .open: break
  case .fetch(let number, let key, let largest):
    directory.log("fetch \(key.text)")
    switch fault {
    case "hang": hang()
    case "die": exit(3)
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
  case .status(let number):
    try socket.send(
      RemoteReply.status(number: number, [RemoteFact("server", "a directory"), RemoteFact("updates", "allowed")])
        .encoded())
  }
}

func serve() throws {
  var directory = Directory("")
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
    try answer(request, directory, message.takeDescriptor())
    // As after a minute without a request.
    if directory.fault == "idle", try !socket.waitUntilReadable(milliseconds: 0) {
      directory.log("ended")
      return
    }
  }
}

let socket = MessageSocket(Descriptor(owning: RemoteProtocol.socket))
do { try serve() } catch { exit(1) }
