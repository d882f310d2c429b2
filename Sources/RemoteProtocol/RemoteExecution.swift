internal import LinuxIO

/// What a server's worker is to do: run a program on one file, beside others that are the same for many.
///
/// Paths are those of the directory that the program is started in.
package struct RemoteExecution: Hashable, Sendable {
  /// The program and its arguments.
  package var arguments: [String]
  /// The files that the program needs, each of which the helper was given before.
  package var inputs: [Input]
  /// The file that this execution is about, which comes with the request.
  package var subject: Input
  /// The file that the program writes.
  package var output: String
  /// The exit status by which the program says that it does not take the subject, and never will.
  package var refusal: UInt8
  /// Seconds that the program may take.
  package var timeout: UInt32
  /// Bytes of the largest output that is taken.
  package var largest: Int

  package init(
    arguments: [String], inputs: [Input], subject: Input, output: String, refusal: UInt8, timeout: UInt32, largest: Int
  ) {
    self.arguments = arguments
    self.inputs = inputs
    self.subject = subject
    self.output = output
    self.refusal = refusal
    self.timeout = timeout
    self.largest = largest
  }

  package struct Input: Hashable, Sendable {
    package let path: String
    package let blob: RemoteBlob
    package let isExecutable: Bool

    package init(path: String, _ blob: RemoteBlob, isExecutable: Bool = false) {
      self.path = path
      self.blob = blob
      self.isExecutable = isExecutable
    }
  }
}

/// Bytes, by what they are known by.
package struct RemoteBlob: Hashable, Sendable {
  /// Their SHA-256.
  package let digest: [UInt8]
  package let size: Int

  package init(digest: [UInt8], size: Int) {
    self.digest = digest
    self.size = size
  }

  /// Bytes of a digest.
  package static let digestSize = 32
}

extension MessageWriter {
  mutating func put(_ blob: RemoteBlob) {
    put(blob.digest)
    put(UInt64(blob.size))
  }

  mutating func put(_ execution: RemoteExecution) {
    put(UInt16(clamping: execution.arguments.count))
    for argument in execution.arguments { put(text: argument.utf8) }
    put(UInt16(clamping: execution.inputs.count))
    for input in execution.inputs { put(input) }
    put(execution.subject)
    put(text: execution.output.utf8)
    put(execution.refusal)
    put(execution.timeout)
    put(UInt64(execution.largest))
  }

  private mutating func put(_ input: RemoteExecution.Input) {
    put(text: input.path.utf8)
    put(input.blob)
    put(UInt8(input.isExecutable ? 1 : 0))
  }
}

extension MessageReader {
  mutating func takeBlob() -> RemoteBlob? {
    guard let digest = takeBytes(atMost: RemoteBlob.digestSize), digest.count == RemoteBlob.digestSize,
      let size = takeSize()
    else { return nil }
    return RemoteBlob(digest: digest, size: size)
  }

  mutating func takeExecution() -> RemoteExecution? {
    var (arguments, inputs): ([String], [RemoteExecution.Input]) = ([], [])
    guard let argumentCount = take(UInt16.self) else { return nil }
    for _ in 0..<argumentCount {
      guard let argument = takeText() else { return nil }
      arguments.append(String(decoding: argument, as: UTF8.self))
    }
    guard let inputCount = take(UInt16.self) else { return nil }
    for _ in 0..<inputCount {
      guard let input = takeInput() else { return nil }
      inputs.append(input)
    }
    guard let subject = takeInput(), let output = takeText(), let refusal = take(UInt8.self),
      let timeout = take(UInt32.self), let largest = takeSize()
    else { return nil }
    return RemoteExecution(
      arguments: arguments, inputs: inputs, subject: subject, output: String(decoding: output, as: UTF8.self),
      refusal: refusal, timeout: timeout, largest: largest)
  }

  private mutating func takeInput() -> RemoteExecution.Input? {
    guard let path = takeText(), let blob = takeBlob(), let isExecutable = take(UInt8.self), isExecutable <= 1 else {
      return nil
    }
    return RemoteExecution.Input(
      path: String(decoding: path, as: UTF8.self), blob, isExecutable: isExecutable == 1)
  }
}
