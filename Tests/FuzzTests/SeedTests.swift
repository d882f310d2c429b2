import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmtimeToolchain

/// The fuzzer's targets with the seeds that it starts from, so that neither rots.
struct SeedTests {
  private static let directory = EngineUnderTest.packageRoot.appending("Tests/FuzzTests/Seeds")

  private static func names(in path: FilePath) throws -> [String] {
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY).names().map(\.string).sorted()
  }

  @Test func everyTargetHasSeeds() throws {
    #expect(try Self.names(in: Self.directory) == FuzzTarget.allCases.map(\.rawValue).sorted())
  }

  /// A message that is refused at its first byte would find nothing.
  @Test func everyMessageOfWorkersIsRead() throws {
    let directory = Self.directory.appending(FuzzTarget.workerMessage.rawValue)
    for name in try Self.names(in: directory) {
      let seed = try [UInt8](contentsOf: directory.appending(name))
      #expect(ChildRequest(seed) != nil || ChildReply(seed) != nil, "\(name)")
    }
  }

  @Test(arguments: FuzzTarget.allCases) func seedsAndWhatIsNearThemAreReadOrRefused(_ target: FuzzTarget) throws {
    let directory = Self.directory.appending(target.rawValue)
    let names = try Self.names(in: directory)
    #expect(!names.isEmpty)
    var random = SeededGenerator(seed: 11)
    for name in names {
      let seed = try [UInt8](contentsOf: directory.appending(name))
      for bytes in [seed] + (0..<30).map({ _ in random.mutating(seed) }) {
        do { try bytes.withUnsafeBytes { try target.run($0) } } catch {
          Issue.record("\(name): \(error), for \(bytes)")
        }
      }
    }
  }
}
