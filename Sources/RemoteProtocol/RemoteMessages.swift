internal import LinuxIO

/// The messages between the tool and `wasmprecompile-remote`, the program that speaks to a cache on other machines: one
/// record a message over a sequenced-packet socket pair.
///
/// The two are programs of their own, so the first message has a version. Requests are numbered by the tool; the answers
/// come in any order, one to each request. The tool reads them as if they came from outside: they do.
///
///     tool → helper   open    1, version u32, settings
///     helper → tool   opened  1, text (the server, for people)
///     tool → helper   fetch   2, number u32, key text, largest artifact u64
///     helper → tool   found   2, number u32, digest bytes (32), size u64, signature bytes; passes a sealed memory file
///     helper → tool   missing 3, number u32
///     tool → helper   store   3, number u32, key text, digest bytes (32), size u64, signature bytes; passes the artifact
///     helper → tool   stored  4, number u32, bytes that were sent u64
///     tool → helper   status  4, number u32
///     helper → tool   status  5, number u32, number of facts u8, for each: two texts
///     helper → tool   failed  6, number u32, kind u8, text (about one request)
///     helper → tool   refused 7, kind u8, text (about the server as a whole; every request that is open has ended)
///     helper → tool   busy    8 (each second in which bytes move and nothing else is said)
///     tool → helper   give    5, digest (32 bytes), size u64; passes a file that executions name by its digest (no answer)
///     tool → helper   execute 6, number u32, arguments u16 and their texts, inputs u16 and for each: path text, digest
///                             (32 bytes), size u64, executable u8; the module, in the same form; output text, refusal u8,
///                             seconds u32, largest artifact u64; passes the module
///     helper → tool   made    9, number u32, digest (32 bytes), size u64; passes a sealed memory file
///     helper → tool   exited  10, number u32, status i32, text (the last of standard error)
///
/// (text and bytes: length u32, that many)
package enum RemoteProtocol {
  package static let version: UInt32 = 3
  /// Bytes of the longest message.
  package static let largestMessage = 1 << 16
  /// Bytes of the longest signature.
  package static let largestSignature = 4 << 10
  /// The descriptor under which the helper finds its socket.
  package static let socket: Int32 = 3
}

/// How to reach a server, and how to speak to it.
package struct RemoteSettings: Hashable, Sendable {
  /// `grpc(s)://host:port[/instance]` or `http(s)://host:port[/path]`.
  package var address: String
  /// Files in PEM form, absolute paths; empty where there are none: the authorities that are trusted instead of the
  /// system's, the client's certificate, and its key.
  package var authorities = ""
  package var certificate = ""
  package var certificateKey = ""
  /// A file whose first line is a bearer token; empty where there is none.
  package var token = ""
  /// Mixed into every key; a new one disowns what was stored under another.
  package var salt = ""
  /// What workers must have to be given anything; servers know the names.
  package var platform: [RemoteProperty] = []
  /// Milliseconds without an answer or a byte, after which a server counts as gone.
  package var patience: UInt32 = 5000
  /// How many calls may be open at a time.
  package var calls: UInt16 = 64
  /// The version of the tool, for the server's log.
  package var toolVersion = ""

  package init(address: String) { self.address = address }
}

/// Something that a worker's machine has, or is (remote_execution.proto, Platform.Property).
package struct RemoteProperty: Hashable, Sendable {
  package let name: String
  package let value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// What an artifact is stored under: `<backend>-<version>-<identity, 64 hex>/<module's SHA-256><suffix>`.
package struct RemoteKey: Hashable, Sendable {
  package let text: String

  package init(text: String) { self.text = text }
}

/// An artifact that a store has or gets.
package struct RemoteArtifact: Hashable, Sendable {
  /// The SHA-256 of its bytes.
  package let digest: [UInt8]
  /// Bytes.
  package let size: Int
  /// A file as minisign and signify write it; empty where nobody has signed.
  package let signature: [UInt8]

  package init(digest: [UInt8], size: Int, signature: [UInt8] = []) {
    self.digest = digest
    self.size = size
    self.signature = signature
  }

  /// Bytes of a digest.
  package static let digestSize = RemoteBlob.digestSize
}

package enum RemoteRequest: Hashable, Sendable {
  case open(version: UInt32, RemoteSettings)
  /// - Parameter largest: bytes of the largest artifact that is wanted.
  case fetch(number: UInt32, RemoteKey, largest: Int)
  /// Passes the artifact's file.
  case store(number: UInt32, RemoteKey, RemoteArtifact)
  case status(number: UInt32)
  /// Passes a file that executions need. It has no answer.
  case give(RemoteBlob)
  /// Passes the file that it is about.
  case execute(number: UInt32, RemoteExecution)
}

package enum RemoteReply: Hashable, Sendable {
  case opened(server: String)
  /// Passes a sealed memory file, whose bytes were hashed on their way.
  case found(number: UInt32, RemoteArtifact)
  case missing(number: UInt32)
  /// - Parameter sent: bytes; 0 if the server had the artifact already.
  case stored(number: UInt32, sent: Int)
  case status(number: UInt32, [RemoteFact])
  case failed(number: UInt32, RemoteTrouble)
  /// The server cannot be used. The helper ends after this.
  case refused(RemoteTrouble)
  /// Bytes move, though no request has ended: a large artifact on a slow line is told from a helper that hangs.
  case busy
  /// A worker has made what was wanted. Passes a sealed memory file, whose bytes were hashed on their way.
  case made(number: UInt32, RemoteBlob)
  /// A worker has run the program, which ended with another status than 0.
  ///
  /// - Parameter words: the last of what it wrote to standard error.
  case exited(number: UInt32, status: Int32, words: String)
}

/// One line of what is known of a server.
package struct RemoteFact: Hashable, Sendable {
  package let name: String
  package let value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension RemoteFact {
  /// That a server executes programs, as the helper says it.
  package static let execution = RemoteFact("execution", "offered")
}

/// Why something could not be had from, or given to, a server.
package struct RemoteTrouble: Error, Hashable, Sendable {
  package enum Kind: UInt8, CaseIterable, Sendable {
    /// Nobody answers there.
    case unreachable
    /// It did not answer in time.
    case silent
    /// It does not know us, or does not allow it.
    case denied
    /// It has no room.
    case full
    /// What it sent is not what was asked for.
    case wrongBytes
    /// It does not speak as it should, or lacks what is needed.
    case unsuitable
    /// What was asked for is larger than it, or we, take.
    case tooLarge
    /// A file of ours, or an address, cannot be used.
    case misconfigured
    /// It runs no programs.
    case idle
  }

  package let kind: Kind
  /// For people, in one line.
  package let reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}
