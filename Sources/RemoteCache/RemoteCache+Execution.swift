internal import LinuxIO
package import Precompiler
internal import RemoteProtocol
internal import WasmCache

extension RemoteCache {
  package func execute(
    _ work: RemoteWork, _ cancellation: Cancellation, answer: @escaping @Sendable (RemoteWorkAnswer) -> Void
  ) {
    let recipe = work.recipe
    let inputs = recipe.files.map { file in
      RemoteExecution.Input(
        path: file.path, RemoteBlob(digest: file.digest.bytes, size: file.size), isExecutable: file.isExecutable)
    }
    let gifts = zip(recipe.files, inputs).map { file, input in
      OpenRequest.Gift(blob: input.blob) {
        guard let opened = file.open() else { return nil }
        return (RemoteRequest.give(input.blob).encoded(), SharedDescriptor(opened))
      }
    }
    let facts = work.module.facts
    let execution = RemoteExecution(
      arguments: recipe.arguments, inputs: inputs,
      subject: .init(path: recipe.module, RemoteBlob(digest: facts.hash.bytes, size: facts.size)),
      output: recipe.artifact, refusal: recipe.refusal,
      timeout: UInt32(clamping: Int(min(work.timeout, 86_400).rounded(.up))), largest: work.largest)
    begin(cancellation) { state in
      let number = state.number()
      let request = OpenRequest(request: .execute(refusal: recipe.refusal, answer: answer), gifts: gifts) {
        [weak self] in
        guard let file = try? work.module.contents.openFile() else {
          self?.fail(number, "no descriptor for its module")
          return nil
        }
        return (RemoteRequest.execute(number: number, execution).encoded(), SharedDescriptor(file))
      }
      return [(number, request)]
    } failed: {
      answer(.failed($0))
    }
  }

  /// - Returns: nil for a file that may still change, or has another size.
  static func fetched(_ artifact: RemoteArtifact, _ file: borrowing Descriptor) -> FetchedArtifact? {
    guard file.isSealed, let size = try? file.status().size, size == artifact.size,
      let contents = try? Mapping(file, size: size)
    else { return nil }
    return FetchedArtifact(contents, digest: artifact.digest, signature: artifact.signature)
  }

  /// - Returns: nil for what is no answer to an execution.
  static func answer(
    to reply: RemoteReply, _ descriptor: consuming Descriptor?, refusal: UInt8
  ) -> RemoteWorkAnswer? {
    switch reply {
    case .made(_, let blob):
      guard let file = consume descriptor else { return nil }
      return fetched(RemoteArtifact(digest: blob.digest, size: blob.size), file).map { .made($0) }
    case .exited(_, let status, let words):
      if status == Int32(refusal) { return .refused(words: words) }
      let last = words.split(whereSeparator: \.isNewline).last.map { ": \($0.prefix(400))" } ?? ""
      return .failed(RemoteFailure("its worker ended with status \(status)\(last)", isOfStore: false))
    default: return nil
    }
  }
}

extension RemoteReply {
  /// Whether it only says that something went wrong.
  var isFailure: Bool { if case .failed = self { true } else { false } }
}
