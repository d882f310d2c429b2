internal import Precompiler

/// What a make above grants. It counts only where the user gives no number of jobs.
struct Parallelism {
  private let jobserver: Jobserver?
  /// Why there is only one lane.
  private let warning: String?

  /// - Parameter jobs: the number that the user wants; make is not asked then.
  init(jobs: Int?, under make: MakeFlags) {
    guard jobs == nil, let address = make.jobserver else {
      jobserver = nil
      warning = nil
      return
    }
    do throws(JobserverUnavailable) {
      jobserver = try Jobserver(address)
      warning = nil
    } catch {
      jobserver = nil
      warning = "make's jobserver cannot be used, so modules are compiled one at a time: \(error.advice)"
    }
  }

  /// Limits a request, which has a lane for each job or processor.
  func apply(to request: inout PrecompileRequest) {
    if warning != nil { request.work.lanes = 1 }
    request.work.jobserver = jobserver
    request.work.laneWarning = warning
  }
}

extension JobserverUnavailable {
  /// The reason, and what to do about it.
  fileprivate var advice: String {
    switch self {
    case .withheld: "prefix the recipe with +"
    case .unusable(let reason): "\(reason); --jobs does without it"
    }
  }
}

extension MakeFlags {
  /// The flags of a make above this process.
  static var ofThisProcess: MakeFlags { MakeFlags(Environment.bytes("MAKEFLAGS") ?? []) }
}
