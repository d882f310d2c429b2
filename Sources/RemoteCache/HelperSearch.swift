internal import Glibc
internal import LinuxIO
internal import Precompiler
package import SystemPackage

/// Where `wasmprecompile-remote` is looked for, the program that speaks to other machines.
package struct HelperSearch: Sendable {
  package static let name = "wasmprecompile-remote"
  /// The variable that names it, for tests and odd installations.
  package static let variable = "WASMPRECOMPILE_REMOTE_HELPER"

  private let named: FilePath?
  private let program: FilePath?

  /// - Parameters:
  ///   - named: the variable's value; nil if it is not set. Nothing else is tried then.
  ///   - program: the running program's own file, links resolved.
  package init(named: FilePath?, program: FilePath?) {
    self.named = named
    self.program = program
  }

  /// The places, the first first.
  var candidates: [FilePath] {
    if let named { return [named] }
    guard let directory = program?.removingLastComponent() else { return [] }
    let installed = directory.removingLastComponent().appending("libexec/wasmprecompile")
    return [directory.appending(Self.name), installed.appending(Self.name)]
  }

  func find() throws(RemoteFailure) -> FilePath {
    if let named, !named.isAbsolute {
      throw RemoteFailure("\(Self.variable) must be an absolute path, not '\(named)'", isOfStore: true)
    }
    for path in candidates where (try? Descriptor.status(of: path).kind) == .regular {
      if path.withPlatformString({ access($0, X_OK) }) == 0 { return path }
    }
    let places = candidates.map(\.string).joined(separator: " and ")
    throw RemoteFailure(
      "there is no \(Self.name), the program that speaks to it"
        + (places.isEmpty ? "" : " (looked for \(places))")
        + ": install the package of that name, or build it with `make remote`", isOfStore: true)
  }
}
