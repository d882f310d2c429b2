internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import RemoteWorker
package import SystemPackage
internal import WasmCache
internal import WasmEngine

/// Where `wasmprecompile-worker` is looked for, the program that workers of other machines run.
package struct WorkerSearch: Sendable {
  package static let name = "wasmprecompile-worker"

  private let program: FilePath?

  /// - Parameter program: the running program's own file, links resolved.
  package init(program: FilePath?) { self.program = program }

  func find() throws(RemoteFailure) -> FilePath {
    let directory = program?.removingLastComponent()
    let places = [
      directory?.appending(Self.name),
      directory?.removingLastComponent().appending("libexec/wasmprecompile").appending(Self.name),
    ].compactMap(\.self)
    if let found = places.first(where: { (try? Descriptor.status(of: $0).kind) == .regular }) { return found }
    throw RemoteFailure(
      "there is no \(Self.name), the program that its workers run (looked for "
        + "\(places.map(\.string).joined(separator: " and "))): install it, or build it with `make remote`",
      isOfStore: false)
  }
}

/// The files that a worker of another machine needs to compile with an engine: the worker program, the libraries that it and the
/// engine need, and the dynamic loader. So it does not matter what that machine has.
struct WorkerKit: Sendable {
  static let program = "wasmprecompile-worker"
  static let libraries = "lib"
  static let engine = "lib/libwasmtime.so"
  static var loader: String { "lib/" + loaderName }

  // Where programs name their loader, by the ABI of each architecture.
  #if arch(x86_64)
    private static let (loaderPath, loaderName) = ("/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2")
  #elseif arch(arm64)
    private static let (loaderPath, loaderName) = ("/lib/ld-linux-aarch64.so.1", "ld-linux-aarch64.so.1")
  #endif

  let files: [RemoteFile]

  init(_ engine: EngineFile, worker: FilePath) throws(RemoteFailure) {
    var places: [String: String] = [:]
    for object in [worker.string, engine.location.path.string] {
      for (name, path) in try Self.needs(of: object) { places[name] = path }
    }
    var files = [
      try Self.file(worker.string, as: Self.program, isExecutable: true),
      try Self.file(Self.loaderPath, as: Self.loader, isExecutable: true),
    ]
    for (name, path) in places.sorted(by: { $0.key < $1.key }) {
      files.append(try Self.file(path, as: "lib/\(name)"))
    }
    // The very file that the identity is of.
    files.append(
      try Self.file(as: Self.engine) { () throws(SystemError) in try engine.descriptor.duplicate() })
    self.files = files
  }

  private static func file(_ path: String, as name: String, isExecutable: Bool = false) throws(RemoteFailure)
    -> RemoteFile
  {
    try file(as: name, isExecutable: isExecutable) { () throws(SystemError) in try Descriptor.open(path, O_RDONLY) }
  }

  private static func file(
    as name: String, isExecutable: Bool = false, _ open: () throws(SystemError) -> Descriptor
  ) throws(RemoteFailure) -> RemoteFile {
    do throws(SystemError) {
      let file = SharedFile(try open())
      return RemoteFile(
        path: name, digest: try ArtifactDigest(hashing: file.descriptor),
        size: try Int(clamping: file.descriptor.status().size),
        isExecutable: isExecutable
      ) { try? file.descriptor.duplicate() }
    } catch {
      throw RemoteFailure("\(name), which its workers need, cannot be read: \(error)", isOfStore: false)
    }
  }

  // MARK: Libraries

  /// Asks the dynamic loader which libraries it would load for a program or a library, and from where.
  private static func needs(of object: String) throws(RemoteFailure) -> [(name: String, path: String)] {
    let output: [UInt8]
    do throws(SystemError) {
      let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
      let words = try MemoryFile(name: "libraries")
      let process = try ChildProcess(
        executable: loaderPath, arguments: [loaderPath, "--list", object],
        environment: EnvironmentVariables(inheriting: ["PATH=", "LD_LIBRARY_PATH="]),
        descriptors: [nullDevice.raw, words.descriptor.raw, nullDevice.raw])
      guard process.wait() == .exited(status: 0) else {
        throw SystemError("ld.so --list", .execFormatError)
      }
      output = try words.descriptor.contents()
    } catch {
      throw RemoteFailure("the libraries that \(object) needs cannot be found out: \(error)", isOfStore: false)
    }
    return libraries(in: String(decoding: output, as: UTF8.self))
  }

  /// Reads `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f…)`. The loader itself, and what the kernel maps, have no
  /// arrow or no path.
  static func libraries(in text: String) -> [(name: String, path: String)] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: " => ", maxSplits: 1)
      guard parts.count == 2, let end = parts[1].lastIndex(of: "(") else { return nil }
      let name = parts[0].drop(while: \.isWhitespace)
      let path = parts[1][..<end].reversed().drop(while: \.isWhitespace).reversed()
      guard path.first == "/", !name.contains("/"), name != loaderName else { return nil }
      return (String(name), String(path))
    }
  }
}

/// A file that is kept open. A class, because closures take no single owners.
private final class SharedFile: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
