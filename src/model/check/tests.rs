use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const SSD: &str = include_str!("../../../models/ssdlite_mobilenet_v2/manifest.json");
const YOLOX: &str = include_str!("../../../tests/fixtures/yolox_nano/manifest.json");

/// Reads `manifest` with the value at `pointer` replaced.
fn with(manifest: &str, pointer: &str, value: Value) -> Result<Manifest> {
    let mut json: Value = serde_json::from_str(manifest).unwrap();
    *json.pointer_mut(pointer).expect("such a field") = value;
    let manifest: Manifest = serde_json::from_value(json)?;
    manifest.check()?;
    Ok(manifest)
}

/// The last of `pointer` must be named by the refusal.
fn assert_refused(manifest: &str, pointer: &str, values: &[Value]) {
    let field = pointer.rsplit(|c: char| c == '/' || c.is_ascii_digit());
    let field = field.into_iter().find(|part| !part.is_empty()).unwrap();
    for value in values {
        let told = with(manifest, pointer, value.clone())
            .expect_err(&format!("{pointer} {value}"))
            .to_string();
        let singular = field.trim_end_matches('s');
        let of_the_input = ["width", "height"].contains(&field) && told.contains("input");
        assert!(told.contains(singular) || of_the_input, "{field}: {told}");
    }
}

#[test]
fn the_committed_manifests_are_right() {
    for manifest in [SSD, YOLOX] {
        let manifest: Manifest = serde_json::from_str(manifest).unwrap();
        manifest.check().unwrap();
        assert_eq!(manifest.label_names().len(), 80);
    }
}

#[test]
fn refuses_what_no_model_has() {
    let no_name = [json!("")];
    for pointer in ["/name", "/input/name", "/output/boxes", "/output/logits"] {
        assert_refused(SSD, pointer, &no_name);
    }
    let outside = ["", ".", "..", "/", "/etc/passwd", "../model.onnx", "a/b"];
    assert_refused(SSD, "/file", &outside.map(Value::from));
    let (none, unnamed) = (json!([]), json!([null, null]));
    assert_refused(
        SSD,
        "/labels",
        &[none, unnamed, json!([null, ""]), json!(["person"])],
    );
    for side in ["/input/width", "/input/height"] {
        assert_refused(SSD, side, &[json!(0), json!(2049)]);
    }
    assert_refused(SSD, "/input/mean/0", &[json!(1e39)]);
    assert_refused(
        SSD,
        "/input/std/2",
        &[json!(0), json!(-1), json!(1e-40), json!(1e39)],
    );
}

#[test]
fn refuses_thresholds_outside_their_range() {
    let outside = [json!(0), json!(-0.1), json!(1.1)];
    assert_refused(SSD, "/thresholds/score", &outside);
    assert_refused(SSD, "/thresholds/score", &[json!(1)]);
    assert_refused(SSD, "/thresholds/iou", &outside);
    assert_refused(SSD, "/thresholds/max_detections", &[json!(0), json!(1001)]);
}

#[test]
fn refuses_anchors_without_end() {
    let anchors = "/output/anchors";
    let field = |name: &str| format!("{anchors}/{name}");
    let maps = [
        json!([]),
        json!([0]),
        json!([u32::MAX]),
        json!(vec![2048; 3]),
    ];
    assert_refused(SSD, &field("feature_maps"), &maps);
    assert_refused(SSD, &field("feature_maps"), &[json!(vec![1; 33])]);
    let ratios = [json!([]), json!([0]), json!([-1]), json!(vec![1; 33])];
    assert_refused(SSD, &field("aspect_ratios"), &ratios);
    for name in ["min_scale", "max_scale"] {
        assert_refused(SSD, &field(name), &[json!(0), json!(-1), json!(1e39)]);
    }
    let interpolated = field("interpolated_scale_aspect_ratio");
    assert_refused(SSD, &interpolated, &[json!(-1), json!(1e39)]);
    assert!(with(SSD, &interpolated, json!(0)).is_ok());
    assert_refused(SSD, "/output/box_coder/1", &[json!(0), json!(-1)]);
}

#[test]
fn refuses_strides_that_leave_a_rest() {
    let strides = [
        json!([]),
        json!([0]),
        json!([8, 15]),
        json!([1024]),
        json!(vec![8; 33]),
    ];
    assert_refused(YOLOX, "/output/strides", &strides);
    assert_refused(YOLOX, "/input/width", &[json!(400)]);
    assert_refused(YOLOX, "/output/predictions", &[json!("")]);
    let mut large: Value = serde_json::from_str(YOLOX).unwrap();
    large["input"]["width"] = json!(2048);
    large["input"]["height"] = json!(2048);
    assert_refused(&large.to_string(), "/output/strides", &[json!([1])]);
}

#[test]
fn refuses_a_pad_that_is_no_level() {
    let pad = |pad: Value| {
        with(
            YOLOX,
            "/input/fit",
            json!({"letterbox_top_left": {"pad": pad}}),
        )
    };
    assert!(pad(json!(0)).is_ok() && pad(json!(255)).is_ok());
    for none in [json!(-1), json!(256), json!(1.5), json!(null)] {
        assert!(pad(none).is_err());
    }
}

/// Every leaf's place in the JSON.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| pointers(value, &format!("{at}/{name}")))
            .chain([at.to_owned()])
            .collect(),
        Value::Array(items) => (items.iter().enumerate())
            .flat_map(|(index, value)| pointers(value, &format!("{at}/{index}")))
            .chain([at.to_owned()])
            .collect(),
        _ => vec![at.to_owned()],
    }
}

proptest! {
    /// Whatever one field says, reading it ends with a manifest or a sentence, and what is
    /// built from the manifest fits in memory.
    #[test]
    fn no_field_can_do_harm(
        is_ssd: bool,
        place: prop::sample::Index,
        number in prop_oneof![any::<f64>(), (-3i32..5000).prop_map(f64::from)],
        kind in 0..6,
    ) {
        let manifest = if is_ssd { SSD } else { YOLOX };
        let pointers = pointers(&serde_json::from_str(manifest).unwrap(), "");
        let value = match kind {
            0 => json!(null),
            1 => json!(number),
            2 => json!(number as i64),
            3 => json!(vec![number as u32; 32]),
            4 => json!("..\0"),
            _ => json!({}),
        };
        if let Ok(manifest) = with(manifest, &pointers[place.index(pointers.len())], value) {
            crate::pipeline::postprocess::Decoder::new(&manifest);
        }
    }
}
