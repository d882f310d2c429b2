internal import LinuxIO
internal import WasmEngine

// Finds out in this process what a backend really is. The tool asks in a child, which may be aborted.
extension Engine {
  /// Makes an engine for compiling on all processors, unless asking for it would abort the process.
  convenience init(checking settings: EngineSettings, of library: EngineLibrary) throws(CacheError) {
    guard settings.backend != .pulley || library.supportsPulley else {
      throw .unsupportedBackend(.pulley, reason: "this release does not know it")
    }
    do { try self.init(library: library, settings: settings, parallel: true) } catch {
      throw .unsupportedBackend(settings.backend, reason: "\(error)")
    }
  }

  /// The identity that the engine's artifacts are good for.
  func identity() throws(CacheError) -> ArtifactIdentity {
    let record = try record()
    if settings.backend == .winch && !isAdopted {
      // Releases whose C API has no Winch compile with Cranelift instead, and say nothing.
      let other = try Engine(checking: settings.with(.cranelift), of: library)
      guard try other.record() != record else {
        throw .unsupportedBackend(.winch, reason: "this release would silently compile with cranelift instead")
      }
    }
    let build: [UInt8]
    do { build = try library.file.build() } catch { throw CacheError(library.path, "read the engine", error) }
    return ArtifactIdentity(settings: settings, compatibility: record, libraryBuild: build)
  }

  private func record() throws(CacheError) -> CompatibilityRecord {
    do { return try compatibilityRecord() } catch {
      throw .unsupportedBackend(settings.backend, reason: "\(error)")
    }
  }
}
