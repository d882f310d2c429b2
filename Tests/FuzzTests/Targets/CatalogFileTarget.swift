import SystemPackage
import TestSupport

@testable import WasmCache

/// A catalog's file with pieces of it overwritten, cut off or added.
///
/// The input is a list of places (u24, counted round the file) and the bytes that are written there (length u16, bytes); a
/// piece without bytes ends the file at its place.
enum CatalogFileTarget {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    var file = try CatalogSpecimen.file
    var input = FuzzInput(bytes)
    while !input.isAtEnd {
      let place = Int(input.number(UInt16.self)) << 8 | Int(input.byte())
      let piece = input.bytes()
      let start = file.isEmpty ? 0 : place % file.count
      if piece.isEmpty {
        file.removeSubrange(start...)
      } else {
        file.replaceSubrange(start..<min(start + piece.count, file.count), with: piece)
      }
    }
    let directory = try TemporaryDirectory()
    try directory.write(file, to: CatalogPlace.name, mode: .ownerReadWrite)
    if let catalog = Catalog.open(in: directory.path, .readOnly).catalog { CatalogSpecimen.readEverything(catalog) }
    guard let catalog = Catalog.open(in: directory.path).catalog else { return }
    CatalogSpecimen.readEverything(catalog)
    _ = CatalogSpecimen.record(in: catalog)
  }
}
