import Glibc
import LinuxIO
import Testing

@testable import ProgramToolchain

struct PrivateDirectoryTests {
  /// A compiler that fills the disk and then waits is found by a later look, too.
  @Test func eachLookSeesEverything() throws {
    let directory = try PrivateDirectory()
    try directory.descriptor.makeDirectory("inner")
    let inner = try directory.descriptor.open("inner", O_RDONLY | O_DIRECTORY)
    for place in 0..<2 {
      let file =
        try
        (place == 0
        ? directory.descriptor.open("f", O_WRONLY | O_CREAT, mode: 0o600)
        : inner.open("f", O_WRONLY | O_CREAT, mode: 0o600))
      try [UInt8](repeating: 1, count: 100_000).withUnsafeBytes { try file.write(all: $0) }
    }
    let looks = (0..<3).map { _ in directory.size(atMost: .max) }
    directory.remove()
    #expect(looks[0] >= 200_000 && looks[1] == looks[0] && looks[2] == looks[0], "\(looks)")
  }
}
