package import Precompiler
internal import RemoteWorker
internal import Synchronization
package import WasmCache
internal import WasmEngine

extension WasmtimeToolchain {
  package var isGivenAway: Bool { options.worker != nil }

  package func remoteRecipe(of wish: Int, _ identity: ArtifactIdentity) throws(RemoteFailure) -> RemoteRecipe? {
    guard let search = options.worker else { return nil }
    guard let elsewhere = settings[wish].elsewhere(CompatibilityRecord(bytes: identity.record)) else {
      throw RemoteFailure(
        "\(identity.compiler) does not say what its code needs of a processor: name one with --cpu", isOfStore: false)
    }
    let kit = try kit(search)
    let (module, artifact) = ("in.wasm", "out.cwasm")
    let command = WorkerCommand(
      library: WorkerKit.engine, module: module, artifact: artifact, settings: elsewhere)
    return RemoteRecipe(
      files: kit.files,
      // The machine may have another C library, or none.
      arguments: [WorkerKit.loader, "--library-path", WorkerKit.libraries, "./" + WorkerKit.program]
        + command.arguments,
      module: module, artifact: artifact, refusal: UInt8(RemoteWorkerMain.Status.refused))
  }

  private func kit(_ search: WorkerSearch) throws(RemoteFailure) -> WorkerKit {
    let result = kit.withLock { known in
      Result { () throws(RemoteFailure) in
        if let known { return known }
        let made = try WorkerKit(engine, worker: try search.find())
        known = made
        return made
      }
    }
    return try result.get()
  }
}
