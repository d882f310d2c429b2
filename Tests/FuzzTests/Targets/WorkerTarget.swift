@testable import WasmtimeToolchain

/// What a run and its compile child read of each other. Only the child handles hostile modules, but both must hold out.
enum WorkerTarget {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    if let request = ChildRequest(bytes) {
      try Finding.unless(ChildRequest(request.encoded()) == request, "another request when sent on: \(request)")
    }
    if let reply = ChildReply(bytes) {
      try Finding.unless(ChildReply(reply.encoded()) == reply, "another reply when sent on: \(reply)")
    }
  }
}
