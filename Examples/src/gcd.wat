;; The greatest common divisor of two unsigned numbers, by Euclid's algorithm.
(module
  (func (export "gcd") (param $a i64) (param $b i64) (result i64)
    (local $remainder i64)
    (block $done
      (loop $next
        (br_if $done (i64.eqz (local.get $b)))
        (local.set $remainder (i64.rem_u (local.get $a) (local.get $b)))
        (local.set $a (local.get $b))
        (local.set $b (local.get $remainder))
        (br $next)))
    (local.get $a)))
