//! Two estimators of the textbooks, as pure functions: how long things last when some of them are still there, and
//! what a share says when it is of few.

use std::collections::BTreeMap;

use serde::Serialize;

/// The standard normal quantile of a two-sided 95% interval.
const Z: f64 = 1.959_963_984_540_054;

/// How many ends of observation fell on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// By a loss.
    pub lost: u64,
    /// Without one (right-censored).
    pub left: u64,
}

/// A day on which something ended, and what is estimated from there on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Whole days since the beginning.
    pub days: u32,
    /// Under observation just before.
    pub at_risk: u64,
    /// Lost on that day.
    pub lost: u64,
    /// No longer observed after that day, without a loss.
    pub left: u64,
    /// The share that lasts longer, 0 to 1.
    pub survival: f64,
    /// Lower end of its 95% band; `None` where the estimate is 0 or 1, for which the formula gives none.
    pub low: Option<f64>,
    /// Upper end of the band.
    pub high: Option<f64>,
}

/// The product-limit estimator (E. L. Kaplan, P. Meier: Nonparametric estimation from incomplete observations,
/// JASA 53, 1958) with Greenwood's variance and a band on the scale of log(-log S), which stays between 0 and 1
/// (J. D. Kalbfleisch, R. L. Prentice: The Statistical Analysis of Failure Time Data, 1980). Of what ends on the
/// same day, losses come first.
pub fn kaplan_meier(ends: &BTreeMap<u32, Ends>) -> Vec<Step> {
    let mut at_risk: u64 = ends.values().map(|ends| ends.lost + ends.left).sum();
    // Greenwood's sum: of d / (n (n - d)).
    let (mut survival, mut greenwood) = (1.0_f64, 0.0_f64);
    let mut steps = Vec::with_capacity(ends.len());
    for (&days, &Ends { lost, left }) in ends {
        let (n, d) = (at_risk as f64, lost as f64);
        if lost > 0 {
            survival *= 1.0 - d / n;
            greenwood += d / (n * (n - d));
        }
        let band = (survival > 0.0 && survival < 1.0).then(|| {
            let reach = (Z * greenwood.sqrt() / survival.ln().abs()).exp();
            (survival.powf(reach), survival.powf(1.0 / reach))
        });
        steps.push(Step {
            days,
            at_risk,
            lost,
            left,
            survival,
            low: band.map(|band| band.0),
            high: band.map(|band| band.1),
        });
        at_risk -= lost + left;
    }
    steps
}

/// The 95% score interval of a share, `found` of `all` (E. B. Wilson: Probable inference, the law of succession, and
/// statistical inference, JASA 22, 1927). Of nothing, all is possible.
pub fn wilson(found: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, z2) = (all as f64, Z * Z);
    let p = found as f64 / n;
    let middle = p + z2 / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z2 / n;
    (((middle - reach) / whole).max(0.0), ((middle + reach) / whole).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(lost: &[u32], left: &[u32]) -> Vec<Step> {
        let mut ends: BTreeMap<u32, Ends> = BTreeMap::new();
        for days in lost {
            ends.entry(*days).or_default().lost += 1;
        }
        for days in left {
            ends.entry(*days).or_default().left += 1;
        }
        kaplan_meier(&ends)
    }

    fn near(found: f64, wanted: f64, within: f64) -> bool {
        (found - wanted).abs() <= within
    }

    /// Section 2 of Kaplan and Meier's paper: eight items, times in tenths of a month.
    #[test]
    fn agrees_with_the_example_of_its_authors() {
        let steps = curve(&[8, 31, 54, 92], &[10, 27, 70, 121]);
        let lost: Vec<_> = steps.iter().filter(|step| step.lost > 0).collect();
        for (step, (days, at_risk, survival)) in
            lost.iter()
                .zip([(8, 8, 7.0 / 8.0), (31, 5, 0.7), (54, 4, 0.525), (92, 2, 0.2625)])
        {
            assert_eq!((step.days, step.at_risk), (days, at_risk));
            assert!(near(step.survival, survival, 1e-12), "{step:?}");
        }
        assert_eq!((lost.len(), steps.len()), (4, 8));
    }

    /// Weeks of remission under 6-mercaptopurine (Freireich and others, Blood 21, 1963; Gehan, Biometrika 52, 1965):
    /// the worked example of most textbooks, with the band that statistics packages print for it.
    #[test]
    fn agrees_with_the_example_of_the_textbooks() {
        let steps = curve(
            &[6, 6, 6, 7, 10, 13, 16, 22, 23],
            &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
        );
        let wanted = [
            (6, 21, 0.8571, 0.6197, 0.9516),
            (7, 17, 0.8067, 0.5631, 0.9228),
            (10, 15, 0.7529, 0.5032, 0.8894),
            (13, 12, 0.6902, 0.4316, 0.8491),
            (16, 11, 0.6275, 0.3675, 0.8049),
            (22, 7, 0.5378, 0.2678, 0.7468),
            (23, 6, 0.4482, 0.1881, 0.6801),
        ];
        let lost: Vec<_> = steps.iter().filter(|step| step.lost > 0).collect();
        assert_eq!(lost.len(), wanted.len());
        for (step, (days, at_risk, survival, low, high)) in lost.iter().zip(wanted) {
            assert_eq!((step.days, step.at_risk), (days, at_risk));
            let band = (step.low.unwrap(), step.high.unwrap());
            let agrees = near(step.survival, survival, 5e-5) && near(band.0, low, 5e-5) && near(band.1, high, 5e-5);
            assert!(agrees, "{step:?}");
        }
    }

    #[test]
    fn has_no_band_where_nothing_or_everything_is_lost() {
        for (lost, left, survival) in [(vec![], vec![5, 9], 1.0), (vec![3, 3], vec![], 0.0)] {
            let last = *curve(&lost, &left).last().unwrap();
            assert_eq!((last.survival, last.low, last.high), (survival, None, None));
        }
        assert_eq!(curve(&[], &[]), []);
    }

    /// Table I of R. G. Newcombe: Two-sided confidence intervals for the single proportion, Statistics in Medicine 17,
    /// 1998; method 3.
    #[test]
    fn agrees_with_newcombes_table() {
        for (found, all, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (0, 0, 0.0, 1.0),
        ] {
            let interval = wilson(found, all);
            assert!(
                near(interval.0, low, 5e-5) && near(interval.1, high, 5e-5),
                "{found} of {all}: {interval:?}"
            );
        }
        assert!(wilson(1, 1).0 < wilson(8, 10).0, "one of one does not lead");
    }
}
