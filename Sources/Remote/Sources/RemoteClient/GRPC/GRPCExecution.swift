internal import GRPCCore
internal import LinuxIO
internal import RemoteProtocol
internal import SwiftProtobuf
internal import Synchronization

/// Has programs executed by a server's workers.
final class GRPCExecution: Sendable {
  private let connection: GRPCConnection
  private let blobs: GRPCBlobs
  private let instance: String
  private let platform: [RemoteProperty]
  private let salt: String
  /// Executions are calls that stay open for long, so they are not counted among the others.
  private let limiter: CallLimiter
  /// The inputs that the server has been given, or is being given.
  private let given = Mutex<[BlobDigest: Task<Void, any Error>]>([:])

  /// How often an execution is begun, and how often a stream of one may break.
  private static let (tries, mostBreaks) = (2, 8)
  /// How many times a program's own time an execution may take, with all waiting and trying again.
  private static let patience = 3.0
  /// Bytes of standard error that are looked at, and passed on.
  private static let (largestWords, longestWords) = (1 << 20, 12 << 10)

  init(_ connection: GRPCConnection, _ blobs: GRPCBlobs, instance: String, _ settings: RemoteSettings) {
    self.connection = connection
    self.blobs = blobs
    self.instance = instance
    platform = settings.platform
    salt = settings.salt
    limiter = CallLimiter(Int(settings.calls))
  }

  /// - Throws: a `RemoteTrouble`, or what the library throws, if nothing can be said of the program.
  func execute(_ execution: RemoteExecution, _ files: ExecutionFiles) async throws -> ExecutionResult {
    let action = try ExecutionAction(execution, on: platform, salt: salt)
    return try await limiter.run {
      let deadline = MonotonicInstant.now().adding(seconds: Self.patience * Double(execution.timeout))
      var result = ExecutionResult.exited(status: -1, words: "")
      var trouble: (any Error)?
      for _ in 0..<Self.tries {
        do {
          trouble = nil
          try await upload(action, files)
          let response = try await response(to: action.digest, until: deadline)
          result = try await self.result(of: response, execution)
          switch result {
          case .made: return result
          case .exited(let status, _): if status == Int32(execution.refusal) { return result }
          }
        } catch let error as RPCError where error.code == .failedPrecondition {
          // Something that it was given before is gone.
          given.withLock { $0 = [:] }
          trouble = error
        } catch let lost as WorkerLost {
          trouble = lost.trouble
        }
      }
      if let trouble { throw trouble }
      return result
    }
  }

  // MARK: Inputs

  private func upload(_ action: ExecutionAction, _ files: ExecutionFiles) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for blob in files.inputs.values {
        group.addTask { try await self.giveOnce(blob) }
      }
      group.addTask {
        if try await self.blobs.isMissing(files.subject.digest) { try await self.blobs.store(files.subject) }
      }
      for (bytes, digest) in action.messages {
        group.addTask { if try await self.blobs.isMissing(digest) { try await self.blobs.store(bytes, digest) } }
      }
      try await group.waitForAll()
    }
  }

  private func giveOnce(_ blob: OutgoingBlob) async throws {
    let task = given.withLock { given in
      if let known = given[blob.digest] { return known }
      let task = Task { if try await self.blobs.isMissing(blob.digest) { try await self.blobs.store(blob) } }
      given[blob.digest] = task
      return task
    }
    do { try await task.value } catch {
      given.withLock { $0[blob.digest] = nil }
      throw error
    }
  }

  // MARK: The call

  /// What a stream of one operation has said so far.
  private struct Said: Sendable {
    var name: String?
    var response: WireExecuteResponse?
  }

  /// Follows an execution to its end, over streams that break.
  private func response(
    to action: BlobDigest, until deadline: MonotonicInstant
  ) async throws -> WireExecuteResponse {
    var name: String?
    var breaks = 0
    while true {
      let said = Mutex(Said())
      let isWaiting = name != nil
      do {
        try await follow(name, action, until: deadline) { operation in
          let response =
            try operation.hasResponse ? WireExecuteResponse(serializedBytes: operation.response.value) : nil
          said.withLock { said in
            if !operation.name.isEmpty { said.name = operation.name }
            if operation.done { said.response = response }
          }
          if operation.done, operation.hasError { throw WorkerLost(operation.error) }
        }
      } catch let error as RPCError {
        // The server may have forgotten the operation, or have been started anew.
        if isWaiting, error.code == .notFound || error.code == .invalidArgument {
          name = nil
          breaks += 1
          if breaks < Self.mostBreaks { continue }
        }
        guard error.isWorthAnotherTry else { throw error }
        breaks += 1
        if breaks >= Self.mostBreaks { throw error }
        name = said.withLock { $0.name } ?? name
        try await Task.sleep(nanoseconds: RetrySchedule.delay(after: breaks - 1, random: .random(in: 0...1)))
        continue
      }
      let last = said.withLock { $0 }
      if let response = last.response { return response }
      // It has ended before it was done.
      name = last.name ?? name
      breaks += 1
      if breaks >= Self.mostBreaks {
        throw RemoteTrouble(.unsuitable, "Execute: the server ends streams before it is done")
      }
      try await Task.sleep(nanoseconds: RetrySchedule.delay(after: breaks - 1, random: .random(in: 0...1)))
    }
  }

  private func follow(
    _ name: String?, _ action: BlobDigest, until deadline: MonotonicInstant,
    _ take: @escaping @Sendable (WireOperation) throws -> Void
  ) async throws {
    if let name {
      var request = WireWaitExecutionRequest()
      request.name = name
      return try await connection.follow(
        ExecutionMethods.waitExecution, request, until: deadline, instance: instance, take)
    }
    var request = WireExecuteRequest()
    request.instanceName = instance
    request.actionDigest = action.wire
    // Whoever may write results could have stored one for this action. What was made before is found by the look-up key, and its
    // signature is checked. And a server remembers failures that are none of the module's.
    request.skipCacheLookup = true
    try await connection.follow(ExecutionMethods.execute, request, until: deadline, instance: instance, take)
  }

  // MARK: The result

  /// Something happened to the worker, or to the server's way to it; the program has nothing to do with it.
  private struct WorkerLost: Error {
    let trouble: RemoteTrouble

    init(_ status: WireStatus) {
      let words = status.message.split(whereSeparator: \.isNewline).joined(separator: " ")
      trouble = RemoteTrouble(
        .unsuitable, "a worker was lost: " + (words.isEmpty ? "status \(status.code)" : String(words.prefix(400))))
    }

    init(_ reason: String) { trouble = RemoteTrouble(.wrongBytes, reason) }
  }

  private func result(
    of response: WireExecuteResponse, _ execution: RemoteExecution
  ) async throws -> ExecutionResult {
    if response.status.code == Int32(RPCError.Code.failedPrecondition.rawValue) {
      throw RPCError(code: .failedPrecondition, message: response.status.message)
    }
    guard response.status.code == 0 else { throw WorkerLost(response.status) }
    let result = response.result
    guard result.exitCode == 0 else {
      return .exited(status: result.exitCode, words: try await words(result))
    }
    guard let output = result.outputFiles.first(where: { $0.path == execution.output }),
      let digest = BlobDigest(output.digest)
    else { throw WorkerLost("the worker says that it has made an artifact, and gives none") }
    try checkSize(digest, largest: execution.largest)
    guard let blob = try await blobs.fetch(digest) else {
      throw WorkerLost("the server has lost the artifact that its worker has made")
    }
    return .made(blob, RemoteBlob(digest: blob.hash, size: blob.size))
  }

  /// The last of what the program wrote to standard error.
  private func words(_ result: WireActionResult) async throws -> String {
    var bytes = Array(result.stderrRaw)
    if bytes.isEmpty, let digest = BlobDigest(result.stderrDigest), digest.size > 0, digest.size <= Self.largestWords {
      bytes = try await blobs.fetch(digest)?.contents() ?? []
    }
    return String(decoding: bytes.suffix(Self.longestWords), as: UTF8.self)
  }
}

/// The methods of a server's workers (remote_execution.proto, Execution).
enum ExecutionMethods {
  private static let service = "build.bazel.remote.execution.v2.Execution"

  static let execute = RemoteMethod<WireExecuteRequest, WireOperation>(service, "Execute")
  static let waitExecution = RemoteMethod<WireWaitExecutionRequest, WireOperation>(service, "WaitExecution")
}
