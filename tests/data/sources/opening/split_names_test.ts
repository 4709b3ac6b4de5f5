import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  splitFiles,
  splitFolders,
  splitNameOf,
} from "../../../../data/sources/opening/split_names.ts";

Deno.test("splitNameOf() knows the parts of a data set in any usual writing", () => {
  const names = {
    train:
      "train Train TRAIN Training training_set train-set trainset seg_train train2017 train_images TrainImages imagesTrain 01_train train_val trainval X_train bounding_box_train",
    val:
      "val valid Valid validation Validation_Set val2017 dev devel eval evaluation holdout hold_out heldOut my_held-out ILSVRC2012_img_val",
    test:
      "test Test Testing test_set testset seg_test PublicTest test1 test-dev TestData",
  };
  for (const [role, all] of Object.entries(names)) {
    for (const name of all.split(" ")) {
      strictEqual(splitNameOf(name)?.role, role, name);
    }
  }
});

Deno.test("splitNameOf() takes words that only contain the name of a part for others", () => {
  const others =
    "trainers trains protest attest testudo validity device develop_mint cat value evaluate train_test_split strain retrieval contest 2017 t10k";
  for (const name of others.split(" ")) strictEqual(splitNameOf(name), null);
});

Deno.test("splitFolders() wants a second part beside train, else it is a class", () => {
  strictEqual(splitFolders(["bus", "car", "plane", "train"]), null);
  strictEqual(splitFolders(["bullet train", "cat", "test tube"]), null);
  strictEqual(splitFolders(["dev", "eval"]), null);
  strictEqual(splitFolders(["test"]), null);
  strictEqual(splitFolders(["1", "2", "test"]), null);
  strictEqual(splitFolders(["cat", "test"]), null);
  deepStrictEqual(splitFolders(["train"]), { train: "train", validation: [] });
  deepStrictEqual(splitFolders(["cat", "train", "val"]), {
    train: "train",
    validation: ["val"],
  });
});

Deno.test("splitFolders() puts validation before test and keeps to the parts that go together", () => {
  deepStrictEqual(splitFolders(["Test", "Train", "Valid"]), {
    train: "Train",
    validation: ["Valid", "Test"],
  });
  deepStrictEqual(
    splitFolders(["test", "train", "train_masks", "train_small"]),
    { train: "train", validation: ["test"] },
  );
  deepStrictEqual(splitFolders(["seg_pred", "seg_test", "seg_train"]), {
    train: "seg_train",
    validation: ["seg_test"],
  });
  deepStrictEqual(splitFolders(["test1", "train"]), {
    train: "train",
    validation: ["test1"],
  });
  deepStrictEqual(splitFolders(["data_256", "val_256"]), {
    train: "data_256",
    validation: ["val_256"],
  });
  deepStrictEqual(splitFolders(["PrivateTest", "PublicTest", "Training"]), {
    train: "Training",
    validation: ["PrivateTest", "PublicTest"],
  });
});

Deno.test("splitFolders() refuses to choose among several data sets", () => {
  strictEqual(
    splitFolders(["train2014", "train2017", "val2014", "val2017"]),
    "several",
  );
  strictEqual(splitFolders(["testA", "testB", "trainA", "trainB"]), "several");
  strictEqual(splitFolders(["test", "train_1", "train_2"]), "several");
});

Deno.test("splitFiles() tells parts by names, where there are two", () => {
  const both = (...names: readonly string[]) =>
    (["train", "test"] as const).map((split) => splitFiles(names, split));
  deepStrictEqual(both("b-val.tar", "a-train-1.tar", "a-train-0.tar"), [
    ["a-train-0.tar", "a-train-1.tar"],
    ["b-val.tar"],
  ]);
  deepStrictEqual(both("a_test.tar", "TrainSet.tar", "validation.tar"), [
    ["TrainSet.tar"],
    ["validation.tar"],
  ]);
  deepStrictEqual(both("train.tar"), [["train.tar"], []]);
  deepStrictEqual(both("test.tar"), [[], ["test.tar"]]);
  deepStrictEqual(both("rest.tar", "test.tar"), [["rest.tar"], ["test.tar"]]);
  // An archive for each class, one of them called train.
  const classes = ["bus.tar", "car.tar", "train.tar"];
  deepStrictEqual(both(...classes), [classes, classes]);
});
