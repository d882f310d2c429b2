internal import Crypto
internal import Glibc
package import LinuxIO
internal import Synchronization
package import SystemPackage

/// Where an engine library was found, and by which rule.
package struct EngineLocation: Hashable, Sendable {
  package enum Origin: Sendable {
    /// The user named it: with an option, in the environment, or in a configuration file.
    case option, environment, configuration
    /// It lies beside the running program.
    case installed
    case system
  }

  package let path: FilePath
  package let origin: Origin

  package init(path: FilePath, origin: Origin) {
    self.path = path
    self.origin = origin
  }
}

/// The order in which the tool looks for an engine library: the user's choice, the copy installed beside the executable,
/// then the system's.
///
/// Not public, because a host knows which library it runs its modules with: it passes that to ``EngineLibrary``.
package struct EngineSearch: Sendable {
  /// Every place in order; the first that exists is taken.
  package let candidates: [EngineLocation]

  /// - Parameters:
  ///   - chosen: the library that the user named; nothing else is then considered.
  ///   - executable: the running program's own path, symbolic links resolved.
  ///   - libraryPath: the value of `LD_LIBRARY_PATH`.
  package init(chosen: EngineLocation?, executable: FilePath?, libraryPath: [FilePath]) {
    if let chosen {
      candidates = [chosen]
      return
    }
    var found: [EngineLocation] = []
    if let prefix = executable?.parent.parent {
      found.append(
        EngineLocation(path: prefix.appending("lib/wasmprecompile/libwasmtime.so"), origin: .installed))
    }
    for directory in libraryPath + Self.systemDirectories {
      found.append(EngineLocation(path: directory.appending("libwasmtime.so"), origin: .system))
    }
    candidates = found
  }

  #if arch(x86_64)
    private static let architecture = "x86_64-linux-gnu"
  #elseif arch(arm64)
    private static let architecture = "aarch64-linux-gnu"
  #endif

  private static let systemDirectories: [FilePath] = [
    "/usr/local/lib", "/usr/local/lib/\(architecture)", "/usr/lib/\(architecture)", "/usr/lib64", "/usr/lib",
  ].map { FilePath($0) }

  /// Opens the first library that exists.
  package func find() throws(EngineSearchError) -> EngineFile {
    for candidate in candidates {
      do {
        return try EngineFile(candidate)
      } catch let error where error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory {
        continue
      } catch {
        throw .unreadable(candidate, reason: error.description)
      }
    }
    throw .notFound(candidates)
  }
}

package enum EngineSearchError: Error, Sendable {
  case notFound([EngineLocation])
  case unreadable(EngineLocation, reason: String)
}

/// An engine library's file, held open so that the file that is identified is the one that is loaded.
package final class EngineFile: Sendable {
  package let location: EngineLocation
  package let descriptor: Descriptor
  /// The file's state when it was opened.
  package let stamp: FileStamp
  /// A later state that was found to have the same contents.
  private let proven = Mutex<FileStamp?>(nil)

  package init(_ location: EngineLocation) throws(SystemError) {
    self.location = location
    descriptor = try Descriptor.open(location.path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    stamp = try descriptor.statusMeetingFileSystem().stamp
    switch stamp.kind {
    case .regular: break
    case .directory: throw SystemError("open", .isDirectory)
    default: throw SystemError("open", .invalidArgument)
    }
  }

  /// Whether the file is as it was when it was opened. If it is not, nothing that was read of it may be believed.
  package var isUnchanged: Bool { (try? descriptor.status().stamp) == stamp }

  /// Whether the file's contents are as they were when it was opened. Another link to it, another mode, or another file in its
  /// place changes nothing of them, but its stamp.
  ///
  /// - Parameter build: its build, as it was found when it was opened.
  package func hasSameContents(_ build: [UInt8]) -> Bool {
    guard let now = try? descriptor.status().stamp else { return false }
    if now == stamp || now == proven.withLock({ $0 }) { return true }
    guard now.size == stamp.size, now.modified == stamp.modified, (try? self.build()) == build else { return false }
    proven.withLock { $0 = now }
    return true
  }

  /// The bytes that tell this build of the engine from every other: its GNU build id, else the SHA-256 of the file.
  package func build() throws(SystemError) -> [UInt8] {
    let contents = try contents()
    return ELFFile(contents.bytes)?.buildID ?? Array(SHA256.hash(data: contents.bytes))
  }

  /// The GNU build id alone, which costs no look at every byte.
  package func buildID() throws(SystemError) -> [UInt8]? {
    let contents = try contents()
    return ELFFile(contents.bytes)?.buildID
  }

  private func contents() throws(SystemError) -> Mapping {
    // The file is trusted not to shrink meanwhile: the dynamic linker maps it, too.
    try Mapping(descriptor, size: try descriptor.status().size)
  }
}
