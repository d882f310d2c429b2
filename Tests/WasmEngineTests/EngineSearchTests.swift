import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct EngineSearchTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func search(
    chosen: FilePath? = nil, executable: FilePath? = nil, libraryPath: [FilePath] = []
  ) -> EngineSearch {
    let chosen = chosen.map { EngineLocation(path: $0, origin: .environment) }
    return EngineSearch(chosen: chosen, executable: executable, libraryPath: libraryPath)
  }

  @Test func theUsersChoiceIsTheOnlyOne() {
    #expect(
      search(chosen: "b.so", executable: "/usr/bin/x", libraryPath: ["/c"]).candidates
        == [EngineLocation(path: "b.so", origin: .environment)])
  }

  @Test func otherwiseTheInstalledOneComesBeforeTheSystems() {
    let candidates = search(executable: "/opt/bin/wasmprecompile", libraryPath: ["/c", "/d"]).candidates
    #expect(candidates.first == EngineLocation(path: "/opt/lib/wasmprecompile/libwasmtime.so", origin: .installed))
    #expect(candidates.dropFirst().allSatisfy { $0.origin == .system })
    let paths = candidates.dropFirst().map(\.path)
    #expect(paths.starts(with: ["/c/libwasmtime.so", "/d/libwasmtime.so", "/usr/local/lib/libwasmtime.so"]))
    #expect(paths.contains("/usr/lib/libwasmtime.so"))
    #expect(Set(candidates.map(\.path)).count == candidates.count)
  }

  @Test func takesTheFirstThatExists() throws {
    try directory.makeDirectory("two")
    try directory.makeDirectory("three")
    try directory.write("", to: "file")
    for place in ["two", "three"] { try directory.write(place, to: "\(place)/libwasmtime.so") }
    // The first does not exist, and the second is no directory.
    let found = try search(libraryPath: ["one", "file", "two", "three"].map { directory($0) }).find()
    #expect(found.location == EngineLocation(path: directory("two/libwasmtime.so"), origin: .system))
  }

  @Test func nothingFoundSaysWhereItLooked() {
    let search = search(chosen: directory("missing.so"))
    guard case .notFound(let candidates) = failure(of: search) else {
      Issue.record("found something")
      return
    }
    #expect(candidates == [EngineLocation(path: directory("missing.so"), origin: .environment)])
  }

  /// A library that is there and cannot be had is not passed over: the user would get another one than meant.
  @Test(arguments: [
    ("folder", "is a directory"), ("fifo", "invalid argument"), ("loop", "too many levels of symbolic links"),
  ])
  func unreadableLibraryEndsTheSearch(_ name: String, _ reason: String) throws {
    try directory.makeDirectory("folder")
    #expect(directory("fifo").withPlatformString { mkfifo($0, 0o600) } == 0)
    try directory.link("loop", to: "loop")
    guard case .unreadable(let location, let actual) = failure(of: search(chosen: directory(name))) else {
      Issue.record("was taken")
      return
    }
    #expect(location == EngineLocation(path: directory(name), origin: .environment))
    #expect(actual == reason)
  }

  private func failure(of search: EngineSearch) -> EngineSearchError? {
    do throws(EngineSearchError) {
      _ = try search.find()
      return nil
    } catch {
      return error
    }
  }

  /// What is identified is what is loaded, even if the file is replaced meanwhile.
  @Test func buildIsThatOfTheFileThatWasOpened() throws {
    let path = try directory.write("one", to: "library.so")
    let file = try EngineFile(EngineLocation(path: path, origin: .option))
    let digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    #expect(try file.build().hex == digest, "without a build id it is the SHA-256 of the file")
    try directory.write("two", to: "other.so")
    let folder = try Descriptor.open(directory.path, O_RDONLY | O_DIRECTORY)
    try folder.rename("other.so", to: folder, as: "library.so")
    #expect(try file.build().hex == digest)
  }
}
