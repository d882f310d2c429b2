import Foundation
import TestSupport
import Testing

/// The example host, built as the package of its own that its readers have.
enum PluginHostPackage {
  /// The program. It is built once for each build of the tests, with all that it depends on, which takes more than two
  /// minutes of processor time; after that only what changed is.
  static let program = Result { try build() }

  private static func build() throws -> String {
    let built = URL(filePath: "\(try BuiltExecutable.path())").deletingLastPathComponent()
    // Beside what the tests were built from: `.build`, unless somebody chose another place.
    let scratch = built.deletingLastPathComponent().deletingLastPathComponent()
    let place = scratch.appending(path: "plugin-host")
    try takeOver(["checkouts", "repositories", "workspace-state.json"], from: scratch, to: place)
    var swift = Command(
      program: "swift",
      arguments: [
        "build", "--package-path", "\(EngineUnderTest.packageRoot)/Examples/plugin-host",
        "--scratch-path", "\(place.path)", "--disable-index-store", "-debug-info-format", "none",
      ],
      environment: [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": TemporaryRoot.path,
        // Else one that is built elsewhere at the same time is waited for.
        "TMPDIR": TemporaryRoot.path,
      ], directory: TemporaryRoot.path)
    swift.deadline = 1800
    let run = try swift.run()
    try #require(run.ending == .exited(0), "the example's package cannot be built:\n\(run.output)\(run.errors)")
    return place.appending(path: "debug/plugin-host").path
  }

  /// Copies what was fetched for the tests' own build, so that nothing is fetched again.
  private static func takeOver(_ names: [String], from scratch: URL, to place: URL) throws {
    guard !FileManager.default.fileExists(atPath: place.path) else { return }
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    for name in names {
      try FileManager.default.copyItem(at: scratch.appending(path: name), to: place.appending(path: name))
    }
  }
}
