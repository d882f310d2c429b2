import Foundation
import Glibc
import TestSupport
import Testing

/// Changes one bit of an entry's artifact in its place, as a disk that rots would.
///
/// - Parameter choose: picks the bit from as many as there are; the default is one in the middle.
func flipBit(
  ofArtifactAt entry: String, _ location: SourceLocation = #_sourceLocation, choose: (Int) -> Int = { $0 / 2 }
) throws {
  let object = URL(filePath: entry).resolvingSymlinksInPath().path
  chmod(object, 0o600)
  let file = open(object, O_RDWR | O_CLOEXEC)
  try #require(file >= 0, sourceLocation: location)
  defer {
    // As it was, so that nothing but the bit is wrong with it.
    fchmod(file, 0o444)
    close(file)
  }
  let bit = choose(8 * Int(lseek(file, 0, SEEK_END)))
  var byte: UInt8 = 0
  try #require(pread(file, &byte, 1, off_t(bit / 8)) == 1, sourceLocation: location)
  byte ^= 1 << (bit % 8)
  try #require(pwrite(file, &byte, 1, off_t(bit / 8)) == 1, sourceLocation: location)
}
