import LinuxIO
import SystemPackage
import Testing

@testable import Watching

@Suite struct RootResolutionTests {
  let scratch: Scratch
  let base: FilePath

  init() throws {
    scratch = try Scratch()
    base = scratch.path
  }

  private func dependencies(_ resolution: RootResolution) -> Set<String> {
    Set(
      resolution.dependencies.compactMap { dependency in
        guard dependency.directory.starts(with: base) else { return nil }
        let directory = dependency.directory.string.dropFirst(base.string.count)
        return "\(directory):\(dependency.name?.string ?? "")"
      })
  }

  @Test func directory() throws {
    try Shell.mkdir(base.appending("a").appending("b"))
    let resolution = RootResolution(of: base.appending("a").appending("b"))
    let identity = try Descriptor.status(of: base.appending("a").appending("b"), followingLinks: false).stamp.identity
    #expect(resolution.outcome == .directory(identity))
    #expect(dependencies(resolution) == [":", "/a:", "/a:b", "/a/b:"])
  }

  @Test func file() throws {
    try Shell.write("", to: base.appending("f"))
    let resolution = RootResolution(of: base.appending("f"))
    #expect(resolution.outcome == .file(in: base, name: "f"))
    #expect(dependencies(resolution) == [":", ":f"])
  }

  @Test func missingNameDependsOnTheDeepestDirectoryThatIsThere() throws {
    try Shell.mkdir(base.appending("a"))
    let last = RootResolution(of: base.appending("a").appending("x"))
    #expect(last.outcome == .missing(in: base.appending("a"), name: "x"))
    let deep = RootResolution(of: base.appending("a").appending("x").appending("y"))
    #expect(deep.outcome == .missing(in: base.appending("a"), name: nil))
    #expect(dependencies(deep) == [":", "/a:", "/a:x"])
  }

  @Test func eachLinkIsADependency() throws {
    try Shell.mkdir(base.appending("real").appending("sub"))
    try Shell.lnSymbolic("second", base.appending("first"))
    try Shell.lnSymbolic(base.appending("real"), base.appending("second"))
    let resolution = RootResolution(of: base.appending("first").appending("sub"))
    let identity = try Descriptor.status(of: base.appending("real").appending("sub"), followingLinks: false).stamp
      .identity
    #expect(resolution.outcome == .directory(identity))
    #expect(dependencies(resolution) == [":", ":first", ":second", "/real:", "/real:sub", "/real/sub:"])
  }

  @Test func linksInACircleAreMissing() throws {
    try Shell.lnSymbolic("b", base.appending("a"))
    try Shell.lnSymbolic("a", base.appending("b"))
    let resolution = RootResolution(of: base.appending("a"))
    guard case .missing = resolution.outcome else { return #expect(Bool(false), "not missing") }
    #expect(dependencies(resolution) == [":", ":a", ":b"])
  }

  @Test func fileInTheMiddleIsMissing() throws {
    try Shell.write("", to: base.appending("f"))
    let resolution = RootResolution(of: base.appending("f").appending("x"))
    #expect(resolution.outcome == .missing(in: base, name: nil))
  }

  @Test func dotsAreResolvedAsTheKernelDoes() throws {
    try Shell.mkdir(base.appending("a").appending("b"))
    try Shell.lnSymbolic("a/b", base.appending("link"))
    let resolution = RootResolution(of: FilePath("\(base)/./link/../../a"))
    let identity = try Descriptor.status(of: base.appending("a"), followingLinks: false).stamp.identity
    #expect(resolution.outcome == .directory(identity))
  }
}
