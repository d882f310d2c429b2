import Glibc
import LinuxIO
import Synchronization
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Hosts go on loading, calling and compiling while their cache is emptied again and again.
struct EvictionBesideHostsTests {
  /// Seconds; `WASMPRECOMPILE_TEST_EVICTION_SECONDS=60` for a whole minute.
  private static let duration =
    getenv("WASMPRECOMPILE_TEST_EVICTION_SECONDS").flatMap { Double(String(cString: $0)) } ?? 2
  private static let modules = (0..<12).map { WasmBinary.returning($0) }

  private enum Finding: Error {
    case wrong([WasmValue])
  }

  /// Loads a module and calls it: whatever was loaded stays whole.
  private static func use(_ number: Int, _ load: () throws(CacheError) -> Module) throws {
    let module = try load()
    let result = try Instance(module).call("value")
    guard result == [.i32(Int32(number))] else { throw Finding.wrong(result) }
  }

  @Test func readersAndCompilersGoOn() throws {
    let fixture = try HostFixture()
    let hashes = Self.modules.map { WasmHash.generate($0) }
    // Long-lived, as hosts are: what they have proven goes away below them. The last compile what is gone.
    _ = try fixture.open()
    let accesses: [FileSystemCache.Access] = [.readOnly, .readOnly, .readWrite, .readWrite, .readWrite]
    let hosts = try accesses.map { access in try fixture.open(access) }
    let cache = try CacheDirectory(making: fixture.path)
    let end = MonotonicInstant.now().adding(seconds: Self.duration)
    let failures = Mutex<[String]>([])
    let loads = Mutex(Array(repeating: 0, count: hosts.count))
    let evictions = Mutex(0)
    Concurrently.run(hosts.count + 1) { thread in
      do {
        // Each gets so far, however slow the machine is.
        var rounds = 0
        while MonotonicInstant.now() < end || rounds < 20 {
          rounds += 1
          guard thread < hosts.count else {
            var limits = EvictionLimits()
            limits.size = rounds % 3 == 0 ? 0 : 60_000
            _ = try cache.evict(limits, dryRun: false, now: WallClock.now()) { _, _ in }
            evictions.withLock { $0 += 1 }
            continue
          }
          let number = (7 * rounds + thread) % hashes.count
          do {
            try Self.use(number) { () throws(CacheError) in
              try thread < 3 ? hosts[thread].load(hashes[number]) : hosts[thread].load(orCompile: Self.modules[number])
            }
            loads.withLock { $0[thread] += 1 }
          } catch CacheError.missing(_, _, let reason) where thread < 3 && [.newModule, .evicted].contains(reason) {
          }
        }
      } catch {
        failures.withLock { $0.append("\(thread): \(error)") }
      }
    }
    #expect(failures.withLock { $0 } == [])
    let counts = loads.withLock { $0 }
    #expect(counts[3] >= 20 && counts[4] >= 20 && counts[..<3].reduce(0, +) > 0, "\(counts)")
    print("eviction beside hosts: \(counts) loads, emptied \(evictions.withLock { $0 }) times")
    var faults = 0
    try cache.verify(repair: false) { faults += $0.fault == nil ? 0 : 1 }
    #expect(faults == 0)
  }
}
