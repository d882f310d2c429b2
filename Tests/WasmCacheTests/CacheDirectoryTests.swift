import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache

struct CacheDirectoryTests {
  let directory: TemporaryDirectory
  private var path: FilePath { directory("cache") }

  init() throws { directory = try TemporaryDirectory() }

  /// Why a cache is refused, both by who would make it and by who would only look.
  private func refusal(_ path: FilePath) -> CacheError? {
    do throws(CacheError) {
      _ = try CacheDirectory(making: path)
      return nil
    } catch {
      #expect(throws: error) { _ = try CacheDirectory.existing(at: path) }
      return error
    }
  }

  // MARK: Opening

  @Test func makesWhatIsMissing() throws {
    let path = directory("a/b/cache")
    _ = try CacheDirectory(making: path)
    for name in ["", "v1", "v1/objects", "v1/engines", "v1/corrupt", "v1/tmp"] {
      let status = try Descriptor.status(of: name.isEmpty ? path : path.appending(name))
      #expect(status.kind == .directory && status.permissions == 0o700, "\(name)")
    }
    let tag = String(decoding: try [UInt8](contentsOf: path.appending("CACHEDIR.TAG")), as: UTF8.self)
    #expect(tag.hasPrefix("Signature: 8a477f597d28d172789f06886806bc55\n"))
  }

  @Test func opensWhatIsThere() throws {
    let made = try CacheDirectory(making: path)
    try directory.write("kept", to: "cache/v1/objects/x")
    try directory.write("own tag", to: "cache/CACHEDIR.TAG")
    #expect(try CacheDirectory(making: path).identity == made.identity)
    #expect(try CacheDirectory.existing(at: path)?.identity == made.identity)
    #expect(try [UInt8](contentsOf: directory("cache/v1/objects/x")) == Array("kept".utf8))
    #expect(try [UInt8](contentsOf: directory("cache/CACHEDIR.TAG")) == Array("own tag".utf8))
    #expect(made.base == directory("cache/v1"))
  }

  @Test func lookingMakesNothing() throws {
    #expect(try CacheDirectory.existing(at: path) == nil)
    #expect(throws: SystemError.self) { try Descriptor.status(of: path) }
    try directory.makeDirectory("cache")
    #expect(try CacheDirectory.existing(at: path) == nil)
    #expect(try Descriptor.open(path, O_RDONLY).names().isEmpty)
  }

  @Test func halfACacheIsNoneAndStaysAsItIs() throws {
    try directory.makeDirectory("cache")
    for name in ["v1", "v1/objects"] {
      try directory.makeDirectory("cache/\(name)")
      #expect(try CacheDirectory.existing(at: path) == nil)
    }
    try directory.makeDirectory("cache/v1/engines")
    let cache = try #require(try CacheDirectory.existing(at: path))
    let digest = try #require(ArtifactDigest(hex: String(repeating: "5", count: 64).utf8))
    #expect(!cache.isSetAside(digest))
    #expect(try Descriptor.open(path, O_RDONLY).names() == ["v1"])
    #expect(Set(try Descriptor.open(path.appending("v1"), O_RDONLY).names()) == ["objects", "engines"])
    // Storing makes the rest.
    _ = try Publisher(cache)
    #expect(try Descriptor.status(of: path.appending("v1/tmp")).kind == .directory)
  }

  @Test func cacheMayBeBehindALink() throws {
    try directory.makeDirectory("real")
    try directory.link("cache", to: "real")
    _ = try CacheDirectory(making: path)
    #expect(try Descriptor.status(of: directory("real/v1/objects")).kind == .directory)
  }

  // MARK: Refusing

  @Test func linkThatLeadsNowhereIsAnError() throws {
    try directory.link("cache", to: "missing")
    let error = #expect(throws: CacheError.self) { _ = try CacheDirectory(making: path) }
    #expect(error?.complaint == "cannot open the cache directory: it is a symbolic link that leads nowhere")
    #expect(try CacheDirectory.existing(at: path) == nil)
  }

  private static let notADirectory = "is not a directory: choose another place, or remove it"

  @Test func fileInItsPlaceIsRefused() throws {
    try directory.write("", to: "cache")
    let error = refusal(path)
    #expect(error == .notADirectory(path))
    #expect(error?.complaint == Self.notADirectory)
    #expect(error?.path == path)
    #expect(refusal(directory("cache/below/it")) == .notADirectory(path), "the file is named, not what is wanted below")
  }

  /// Its permissions are everybody's, and to change or remove it would break the machine.
  @Test func aDeviceInItsPlaceIsLeftAlone() {
    let error = #expect(throws: CacheError.self) { _ = try CacheDirectory(making: "/dev/null") }
    #expect(error == .notADirectory("/dev/null"))
    #expect(error?.complaint == "is not a directory: choose another place")
  }

  /// As an archive leaves it that was unpacked under umask 0: one command mends all.
  @Test func directoriesThatOthersCanWriteAreMendedAtOnce() throws {
    _ = try CacheDirectory(making: path)
    _ = try Tool.shell("chmod -R go+w \"$1\"", [path.string])
    let complaint = try #require(refusal(path)?.complaint)
    #expect(complaint.contains("`chmod -R go-w \(path)` if they did no harm, or trust them"))
    _ = try Tool.shell("chmod -R go-w \"$1\"", [path.string])
    #expect(refusal(path) == nil)
  }

  @Test(arguments: ["v1", "v1/objects", "v1/engines", "v1/corrupt", "v1/tmp"])
  func linkInPlaceOfADirectoryIsRefused(_ name: String) throws {
    _ = try CacheDirectory(making: path)
    let inside = path.appending(name)
    try directory.makeDirectory("elsewhere")
    let folder = try Descriptor.open(directory.path, O_RDONLY)
    try folder.rename(inside, to: folder, as: "away")
    try folder.makeSymbolicLink(inside, to: directory("elsewhere"))
    #expect(refusal(path) == .notADirectory(inside))
    try folder.remove(inside)
    try directory.write("", to: "cache/\(name)")
    #expect(refusal(path) == .notADirectory(inside), "nor a file")
    #expect(try Descriptor.open(directory("elsewhere"), O_RDONLY).names().isEmpty)
  }

  @Test(arguments: ["", "v1", "v1/objects", "v1/engines", "v1/corrupt", "v1/tmp"], [0o722, 0o702, 0o777] as [UInt32])
  func directoryThatOthersCanWriteIsRefused(_ name: String, _ mode: UInt32) throws {
    _ = try CacheDirectory(making: path)
    let open = name.isEmpty ? path : path.appending(name)
    #expect(open.withPlatformString { chmod($0, mode) } == 0)
    let error = refusal(path)
    #expect(error == .writableByOthers(open, permissions: mode))
    #expect(
      error?.complaint
        == "can be written by other users: whoever writes there decides what code runs; `chmod -R go-w \(path)` if they did "
        + "no harm, or trust them")
    #expect(open.withPlatformString { chmod($0, 0o755) } == 0)
    #expect(refusal(path) == nil, "others may read")
  }

  @Test(
    .needs(geteuid() == 0, "root, who alone can give files away"), arguments: ["", "v1", "v1/objects", "v1/engines"])
  func directoryOfSomeoneElseIsRefused(_ name: String) throws {
    _ = try CacheDirectory(making: path)
    let foreign = name.isEmpty ? path : path.appending(name)
    #expect(foreign.withPlatformString { chown($0, 65534, 65534) } == 0)
    let error = refusal(path)
    #expect(error == .foreignOwner(foreign, owner: 65534))
    #expect(
      error?.complaint
        == "belongs to user 65534: whoever writes there decides what code runs; choose a directory of your own, or trust them"
    )
  }

  @Test func placeWhereNothingCanBeMadeIsAnError() {
    let error = #expect(throws: CacheError.self) { _ = try CacheDirectory(making: "/proc/nowhere/cache") }
    #expect(
      error == .io("/proc/nowhere", operation: "make the cache directory", .noSuchFileOrDirectory))
    #expect(error?.complaint == "cannot make the cache directory: no such file or directory")
  }
}
