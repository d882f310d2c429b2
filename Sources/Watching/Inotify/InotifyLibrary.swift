internal import CInotifyTools

/// libinotifytools, which stays loaded from the first watch on.
struct InotifyLibrary {
  let api: cinotifytools_api_t

  init() throws(InotifyFailure) {
    let loaded = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) {
      detail -> Result<Self, InotifyFailure> in
      detail.initialize(repeating: 0)
      guard let base = detail.baseAddress, let api = cinotifytools_open(base, detail.count) else {
        let words = detail.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return .failure(.noLibrary(String(decoding: words, as: UTF8.self)))
      }
      return .success(Self(api: api.pointee))
    }
    self = try loaded.get()
  }

  private init(api: cinotifytools_api_t) { self.api = api }
}
