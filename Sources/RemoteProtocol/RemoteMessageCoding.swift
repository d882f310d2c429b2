internal import LinuxIO

extension RemoteRequest {
  package func encoded() -> [UInt8] {
    var message = MessageWriter()
    switch self {
    case .open(let version, let settings):
      message.put(UInt8(1))
      message.put(version)
      message.put(settings)
    case .fetch(let number, let key, let largest):
      message.put(UInt8(2))
      message.put(number)
      message.put(text: key.text.utf8)
      message.put(UInt64(largest))
    case .store(let number, let key, let artifact):
      message.put(UInt8(3))
      message.put(number)
      message.put(text: key.text.utf8)
      message.put(artifact)
    case .status(let number):
      message.put(UInt8(4))
      message.put(number)
    case .give(let blob):
      message.put(UInt8(5))
      message.put(blob)
    case .execute(let number, let execution):
      message.put(UInt8(6))
      message.put(number)
      message.put(execution)
    }
    return message.bytes
  }

  /// Nil for what is none, or, but for `open`, is of another version.
  package init?(_ bytes: some Collection<UInt8>) {
    var message = MessageReader(bytes)
    switch message.take(UInt8.self) {
    case 1:
      guard let version = message.take(UInt32.self) else { return nil }
      // What follows may have another shape there.
      if version != RemoteProtocol.version {
        self = .open(version: version, RemoteSettings(address: ""))
        return
      }
      guard let settings = message.takeRemoteSettings() else { return nil }
      self = .open(version: version, settings)
    case 2:
      guard let number = message.take(UInt32.self), let key = message.takeString(), let largest = message.takeSize()
      else { return nil }
      self = .fetch(number: number, RemoteKey(text: key), largest: largest)
    case 3:
      guard let number = message.take(UInt32.self), let key = message.takeString(),
        let artifact = message.takeArtifact()
      else { return nil }
      self = .store(number: number, RemoteKey(text: key), artifact)
    case 4:
      guard let number = message.take(UInt32.self) else { return nil }
      self = .status(number: number)
    case 5:
      guard let blob = message.takeBlob() else { return nil }
      self = .give(blob)
    case 6:
      guard let number = message.take(UInt32.self), let execution = message.takeExecution() else { return nil }
      self = .execute(number: number, execution)
    default: return nil
    }
    guard message.isAtEnd else { return nil }
  }
}

extension RemoteReply {
  package func encoded() -> [UInt8] {
    var message = MessageWriter()
    switch self {
    case .opened(let server):
      message.put(UInt8(1))
      message.put(text: server.utf8)
    case .found(let number, let artifact):
      message.put(UInt8(2))
      message.put(number)
      message.put(artifact)
    case .missing(let number):
      message.put(UInt8(3))
      message.put(number)
    case .stored(let number, let sent):
      message.put(UInt8(4))
      message.put(number)
      message.put(UInt64(sent))
    case .status(let number, let facts):
      message.put(UInt8(5))
      message.put(number)
      message.put(UInt8(clamping: facts.count))
      for fact in facts.prefix(Int(UInt8.max)) {
        message.put(text: fact.name.utf8)
        message.put(text: fact.value.utf8)
      }
    case .failed(let number, let trouble):
      message.put(UInt8(6))
      message.put(number)
      message.put(trouble)
    case .refused(let trouble):
      message.put(UInt8(7))
      message.put(trouble)
    case .busy: message.put(UInt8(8))
    case .made(let number, let blob):
      message.put(UInt8(9))
      message.put(number)
      message.put(blob)
    case .exited(let number, let status, let words):
      message.put(UInt8(10))
      message.put(number)
      message.put(status)
      message.put(text: words.utf8)
    }
    return message.bytes
  }

  package init?(_ bytes: some Collection<UInt8>) {
    var message = MessageReader(bytes)
    guard let kind = message.take(UInt8.self) else { return nil }
    switch kind {
    case 1:
      guard let server = message.takeString() else { return nil }
      self = .opened(server: server)
    case 7:
      guard let trouble = message.takeTrouble() else { return nil }
      self = .refused(trouble)
    case 8: self = .busy
    default:
      guard let number = message.take(UInt32.self) else { return nil }
      switch kind {
      case 2:
        guard let artifact = message.takeArtifact() else { return nil }
        self = .found(number: number, artifact)
      case 3: self = .missing(number: number)
      case 4:
        guard let sent = message.takeSize() else { return nil }
        self = .stored(number: number, sent: sent)
      case 5:
        guard let count = message.take(UInt8.self) else { return nil }
        var facts: [RemoteFact] = []
        for _ in 0..<count {
          guard let name = message.takeString(), let value = message.takeString() else { return nil }
          facts.append(RemoteFact(name, value))
        }
        self = .status(number: number, facts)
      case 6:
        guard let trouble = message.takeTrouble() else { return nil }
        self = .failed(number: number, trouble)
      case 9:
        guard let blob = message.takeBlob() else { return nil }
        self = .made(number: number, blob)
      case 10:
        guard let status = message.take(Int32.self), let words = message.takeString() else { return nil }
        self = .exited(number: number, status: status, words: words)
      default: return nil
      }
    }
    guard message.isAtEnd else { return nil }
  }
}

extension MessageWriter {
  fileprivate mutating func put(_ settings: RemoteSettings) {
    for text in [
      settings.address, settings.authorities, settings.certificate, settings.certificateKey, settings.token,
      settings.salt, settings.toolVersion,
    ] { put(text: text.utf8) }
    put(UInt16(clamping: settings.platform.count))
    for property in settings.platform {
      put(text: property.name.utf8)
      put(text: property.value.utf8)
    }
    put(settings.patience)
    put(settings.calls)
  }

  fileprivate mutating func put(_ artifact: RemoteArtifact) {
    put(artifact.digest)
    put(UInt64(artifact.size))
    put(artifact.signature)
  }

  fileprivate mutating func put(_ trouble: RemoteTrouble) {
    put(trouble.kind.rawValue)
    put(text: trouble.reason.utf8)
  }
}

extension MessageReader {
  fileprivate mutating func takeString() -> String? { takeText().map { String(decoding: $0, as: UTF8.self) } }

  fileprivate mutating func takeRemoteSettings() -> RemoteSettings? {
    guard let address = takeString(), let authorities = takeString(), let certificate = takeString(),
      let certificateKey = takeString(), let token = takeString(), let salt = takeString(),
      let toolVersion = takeString(), let properties = take(UInt16.self)
    else { return nil }
    var platform: [RemoteProperty] = []
    for _ in 0..<properties {
      guard let name = takeString(), let value = takeString() else { return nil }
      platform.append(RemoteProperty(name, value))
    }
    guard let patience = take(UInt32.self), let calls = take(UInt16.self) else { return nil }
    var settings = RemoteSettings(address: address)
    settings.authorities = authorities
    settings.certificate = certificate
    settings.certificateKey = certificateKey
    settings.token = token
    settings.salt = salt
    settings.toolVersion = toolVersion
    settings.platform = platform
    settings.patience = patience
    settings.calls = calls
    return settings
  }

  fileprivate mutating func takeArtifact() -> RemoteArtifact? {
    guard let digest = takeBytes(atMost: RemoteArtifact.digestSize), digest.count == RemoteArtifact.digestSize,
      let size = takeSize(), let signature = takeBytes(atMost: RemoteProtocol.largestSignature)
    else { return nil }
    return RemoteArtifact(digest: digest, size: size, signature: signature)
  }

  fileprivate mutating func takeTrouble() -> RemoteTrouble? {
    guard let kind = take(UInt8.self).flatMap(RemoteTrouble.Kind.init(rawValue:)), let reason = takeString()
    else { return nil }
    return RemoteTrouble(kind, reason)
  }
}
