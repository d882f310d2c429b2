internal import SystemPackage
internal import WasmCache

/// What is said about the troubles of lower caches: one line for each, but one for all artifacts of a cache that are not signed,
/// or signed by the same strange key. There may be thousands, and they have one reason.
struct FetchReport {
  /// In the order in which they were met, each with its store's position.
  private(set) var troubles: [(store: Int, LowerCacheTrouble)] = []

  private struct Group: Hashable {
    let store: Int
    let fault: SignatureFault
    let instead: LowerCacheTrouble.Substitute
  }

  /// - Parameter onlyLooks: whether the run compiles nothing.
  init(_ all: [FetchStage.Trouble], _ lookups: [TargetLookups], onlyLooks: Bool) {
    var groups: [Group: Int] = [:]
    let told = all.filter(\.isNew).map { trouble in
      let isThere = lookups[trouble.target][trouble.module] == nil
      return (
        trouble: trouble, instead: isThere ? .taken : onlyLooks ? .missing : LowerCacheTrouble.Substitute.compiled
      )
    }
    for (trouble, instead) in told {
      if let group = Self.group(trouble, instead) { groups[group, default: 0] += 1 }
    }
    for (trouble, instead) in told {
      guard let group = Self.group(trouble, instead), let count = groups[group], count != 1 else {
        troubles.append((trouble.store, LowerCacheTrouble(trouble, instead: instead)))
        continue
      }
      // The first of them stands for all.
      if count > 1 {
        troubles.append(
          (trouble.store, .refused(count: count, group.fault, first: trouble.content.path, instead: instead)))
      }
      groups[group] = 0
    }
  }

  private static func group(_ trouble: FetchStage.Trouble, _ instead: LowerCacheTrouble.Substitute) -> Group? {
    guard case .refused(let fault) = trouble.what, fault.isOrdinary else { return nil }
    return Group(store: trouble.store, fault: fault, instead: instead)
  }
}
