internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// Opens the entries of one engine's part of the cache, and lets out none whose bytes are not those that were stored.
///
/// The engine checks nothing: what was changed in an artifact is what is executed. So an object's bytes are hashed before
/// they are used the first time, and again when its file is another or may have changed: device, inode, size and times say
/// so. Once that is done, an entry costs opening it and one look at what was opened.
package final class VerifiedEntries: Sendable {
  package let directory: EngineDirectory
  private let memory: HostMemory
  /// For each module, the file that its entry led to when that was proven.
  private let proven = Mutex<[WasmHash: FileStamp]>([:])

  package init(_ directory: EngineDirectory, _ memory: HostMemory) {
    self.directory = directory
    self.memory = memory
  }

  /// Opens a module's artifact.
  ///
  /// One that is corrupt is moved aside, if the cache can be written, and missing after that.
  package func open(_ module: WasmHash) throws(CacheError) -> Artifact {
    let place = EntryPlace(directory, module)
    // Nothing is done with what was opened unless it is the proven file, whatever the link leads to by now.
    if let file = try? directory.cache.engines.open(place, Self.flags), let stamp = try? file.status().stamp,
      proven.withLock({ $0[module] }) == stamp
    {
      return Artifact(file, size: Int(clamping: stamp.size), of: module, in: directory)
    }
    return try prove(module, place)
  }

  private static let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY

  private func prove(_ module: WasmHash, _ place: EntryPlace) throws(CacheError) -> Artifact {
    let cache = directory.cache
    func missing(_ reason: MissReason) -> CacheError { .missing(module, directory.identity.settings.backend, reason) }

    let target: [UInt8]
    do { target = try cache.engines.symbolicLinkTarget(place) } catch {
      switch error.errno {
      case .noSuchFileOrDirectory: throw missing(directory.reasonForMissingEntry(module))
      case .invalidArgument: throw missing(.artifactCorrupt)
      default: throw CacheError(directory.entryPath(module), "read the entry", error)
      }
    }
    guard let digest = CacheLayout.digest(ofTarget: target) else { throw missing(.artifactCorrupt) }

    let name = CacheLayout.objectName(digest)
    do {
      let file = try cache.objects.open("\(name.directory)/\(name.file)", Self.flags | O_NOFOLLOW)
      let begun = WallClock.now()
      let stamp = try file.status().stamp
      let known = memory.checkedObject(digest) ?? CheckedObject(digest: digest, stamp: stamp, checked: .min)
      if !known.vouches(for: stamp, now: begun) {
        guard stamp.kind == .regular, try file.digest().digest == digest, try file.status().stamp == stamp else {
          cache.setAside(digest, judged: stamp.identity)
          throw missing(.artifactCorrupt)
        }
        let checked = CheckedObject(digest: digest, stamp: stamp, checked: begun)
        memory.remember(checked)
        // One that was written just now could be written once more without a sign.
        if checked.vouches(for: stamp, now: begun) { proven.withLock { $0[module] = stamp } }
      } else {
        proven.withLock { $0[module] = stamp }
      }
      return Artifact(file, size: Int(clamping: stamp.size), of: module, in: directory)
    } catch let error as CacheError {
      throw error
    } catch let error as SystemError {
      switch error.errno {
      case .noSuchFileOrDirectory: throw missing(cache.isSetAside(digest) ? .artifactCorrupt : .evicted)
      // A link where the object should be, which could lead anywhere.
      case .tooManySymbolicLinkLevels: throw missing(.artifactCorrupt)
      default: throw CacheError(directory.entryPath(module), "read the artifact", error)
      }
    } catch {
      throw .io(directory.entryPath(module), operation: "read the artifact", reason: "\(error)")
    }
  }
}

/// The path of an entry below the cache's directory of engines, without an allocation for each.
struct EntryPlace: PathText {
  private let engine: String
  private let module: WasmHash

  init(_ directory: EngineDirectory, _ module: WasmHash) {
    engine = directory.name
    self.module = module
  }

  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let suffix = CacheLayout.entrySuffix
    let size = engine.utf8.count + 1 + 2 * Digest256.size + suffix.utf8.count + 1
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { text in
      var end = 0
      func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
          text[end] = CChar(bitPattern: byte)
          end += 1
        }
      }
      append(engine.utf8)
      append(CollectionOfOne(UInt8(ascii: "/")))
      module.digest.forEachHexadecimalDigit {
        text[end] = CChar(bitPattern: $0)
        end += 1
      }
      append(suffix.utf8)
      text[end] = 0
      // Not empty, so that there is an address.
      return text.baseAddress.map { body($0) } ?? body("")
    }
  }
}
