import CatalogSamples
import LinuxIO
import Testing

@testable import WasmCache

/// The in-memory index by itself.
struct StatIndexTests {
  private func index(_ rows: [StatRow]) -> StatIndex {
    var builder = StatIndexBuilder(root: SampleFile.root, expecting: Int64(rows.count))
    for row in rows { builder.append(row) }
    return StatIndex(builder, written: 0, sighted: 0)
  }

  @Test func knowsNothingWhenEmpty() {
    let index = StatIndex(root: SampleFile.root)
    #expect(index.count == 0)
    #expect(index.lookup(SampleFile(number: 1).stamp, now: SampleFile.now) == .unknown(.notRemembered))
    #expect(SeenFiles(of: index).isComplete)
  }

  @Test(arguments: [1, 2, 3, 1000, 20_000])
  func findsEveryFileAndNoOther(_ count: Int) {
    let index = index((0..<count).map { SampleFile(number: $0).row })
    for number in 0..<count {
      let file = SampleFile(number: number)
      #expect(index.lookup(file.stamp, now: SampleFile.now) == .known(file.module, number: number))
    }
    #expect(SampleFile.known(in: index, of: count..<2 * count) == 0)
  }

  @Test func keepsFilesOfEqualInodesOnDifferentDevicesApart() {
    let rows = (0..<500).map { number in
      var row = SampleFile(number: number).row
      row.stamp.device = UInt64(number % 5) << 40
      row.stamp.inode = UInt64(number / 5)
      return row
    }
    let index = index(rows)
    for row in rows {
      guard case .known(let module, _) = index.lookup(row.stamp, now: SampleFile.now) else {
        Issue.record("unknown: \(row)")
        continue
      }
      #expect(module == row.module)
    }
  }

  @Test func saysWhyAFileIsNotKnown() {
    let index = index([SampleFile(number: 1).row])
    var stamp = SampleFile(number: 1).stamp
    stamp.changed += 1
    #expect(index.lookup(stamp, now: SampleFile.now) == .unknown(.statusChanged))
  }

  @Test func takesLittleMemory() {
    #expect(MemoryLayout<StatEntry>.stride == 88)
  }

  @Test func remembersWhichFilesWereSeen() {
    let index = index((0..<130).map { SampleFile(number: $0).row })
    var even = SeenFiles(of: index)
    var odd = SeenFiles(of: index)
    for number in 0..<130 { number.isMultiple(of: 2) ? even.insert(number) : odd.insert(number) }
    #expect(!even.isComplete && even.contains(128) && !even.contains(129) && !even.contains(-1) && !even.contains(130))
    even.formUnion(odd)
    #expect(even.isComplete)
  }
}
