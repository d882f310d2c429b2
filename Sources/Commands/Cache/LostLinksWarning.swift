internal import SystemPackage
internal import WasmCache

/// What to say of a cache that was copied without its links, and so has artifacts that nobody finds.
struct LostLinksWarning {
  private let cache: FilePath
  private let complaint: String

  /// Nil for a cache whose entries are links.
  init?(_ inventory: CacheInventory, in cache: FilePath) {
    let copies = inventory.entries.count(where: \.isCopy)
    let what: String
    if copies > 0 {
      what = "\(Quantities.count(copies, "entry is a file", "entries are files"))"
    } else if inventory.hasLostEveryEntry {
      what = "\(Quantities.count(inventory.objects.count, "artifact has no entry", "artifacts have no entries"))"
    } else {
      return nil
    }
    self.cache = cache
    complaint =
      "was copied without its links (`cp -a` keeps them): \(what); `wasmprecompile cache verify --repair` makes links again"
  }

  var text: String { "\(cache.printable): warning: \(complaint)\n" }

  var json: JSON { JSONRunLines.warning(cache, complaint) }
}
