internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// The warning about a cache that was copied without its links, and so has artifacts that nobody finds.
struct LostLinksWarning {
  let cache: FilePath
  /// The message without the cache's path.
  let complaint: String

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
      "was copied without its links (`cp -a` keeps them): \(what); "
      + "\(repairCommand(for: cache)) makes links again"
  }

  /// Nil for a run that lacks nothing because of lost links.
  init?(_ plan: Plan) {
    let lost = plan.jobs.filter { $0.reason == .linkLost }
    guard let cache = lost.first?.target.directory?.cache.path else { return nil }
    let modules = Set(lost.map(\.content.facts.hash)).count
    self.cache = cache
    // The words are right for a run that compiles nothing, too.
    complaint =
      "was copied without its links (`cp -a` keeps them): \(Quantities.count(modules, "module has", "modules have")) to be "
      + "compiled again; \(repairCommand(for: cache)) makes the links again instead"
  }

  var text: String { "\(cache.printable): warning: \(complaint)\n" }
}
