import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import Exporting

struct OutputDirectoryTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ isOver: () -> Bool = { false }) throws -> OutputDirectory {
    try OutputDirectory(making: directory("out"), until: .now(), unless: isOver)
  }

  @Test func oneRunAtATimeExports() throws {
    let first = try open()
    #expect(throws: OutputDirectory.isBusy) { _ = try open() }
    withExtendedLifetime(first) {}
    let report = Exporter(into: directory("out"), patience: 0).run([])
    #expect(report.failures.isEmpty || report.failures.map(\.reason) == [.busy])
  }

  @Test func aRunThatDoesNotEndIsNotWaitedForForever() throws {
    let first = try open()
    let report = Exporter(into: directory("out"), patience: 0).run([])
    #expect(report.failures.map(\.reason) == [.busy])
    #expect(
      report.failures.map(\.reason.description) == [
        "nothing was exported: another run exports into it and does not end"
      ])
    withExtendedLifetime(first) {}
  }

  @Test func waitingEndsWithTheRun() throws {
    let first = try open()
    let report = Exporter(into: directory("out"), patience: 1000) { true }.run([])
    #expect(report.failures.map(\.reason) == [.busy])
    withExtendedLifetime(first) {}
  }

  /// Whoever can read the directory could lock it.
  @Test func onlyWhoMayWriteCanLock() throws {
    _ = try open()
    let lock = directory("out/.wasmprecompile/lock")
    #expect(try Descriptor.status(of: lock).permissions == 0o600)
    let reader = try Descriptor.open(directory("out/.wasmprecompile"), O_RDONLY | O_DIRECTORY)
    #expect(try reader.tryLock())
    _ = try open()
    chmod(directory("out/.wasmprecompile").string, 0o775)
    _ = try open()
    #expect(try Descriptor.status(of: lock).permissions == 0o660, "those who may write there share it")
  }

  @Test func whatAKilledRunLeftIsRemoved() throws {
    _ = try open()
    try directory.write("half", to: "out/.wasmprecompile/export")
    try directory.write("manifest", to: "out/.wasmprecompile/exports")
    let output = try open()
    #expect(Set(try output.own.names().map(\.string)) == ["exports", "lock"])
  }
}
