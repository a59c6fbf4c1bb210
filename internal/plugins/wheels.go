package plugins

// wheel is a package of PyPI as a file.
type wheel struct {
	name string
	// place is the path of its folder on PyPI's server of files.
	place  string
	sha256 string
	// bytes is the size of the file; unpacked and files are what it holds.
	bytes, unpacked int64
	files           int
}

// cuda13X86 are the plugin of JAX 0.12.0.1 and the libraries that it asks for, for x86-64.
var cuda13X86 = []wheel{
	{
		name:   "jax_cuda13_pjrt-0.12.0.1-py3-none-manylinux_2_27_x86_64.whl",
		place:  "b9/7d/c2ad642908a4e8620c6c9f6eb8b18914cd66804a3c96fb53dc41c05583ab",
		sha256: "5899bb6177eda86ea532afb9a26794f2bdd04966f6a01f9028266b16c2b6cf90",
		bytes:  134_922_808, unpacked: 395_990_587, files: 8,
	},
	{
		name:   "nvidia_cublas-13.10.0.20-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl",
		place:  "b4/12/16628161ed8c109c8c73b38167df50cbc630a8a6e6548e2534d461526c3c",
		sha256: "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84",
		bytes:  444_289_903, unpacked: 610_318_043, files: 14,
	},
	{
		name:   "nvidia_cuda_cupti-13.5.25-py3-none-manylinux_2_25_x86_64.whl",
		place:  "37/0b/a5a498188dc541d00782394e28be7cbac5065f8334f44c9f7d5f64952456",
		sha256: "9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650",
		bytes:  12_592_974, unpacked: 51_526_503, files: 46,
	},
	{
		name: "nvidia_cuda_nvcc-13.5.37" +
			"-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
		place:  "0b/7d/21c734e63423dc53fb1b1ebbb6dee84e9ccafbeeaa30e9ae07e6fdcdd15b",
		sha256: "f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7",
		bytes:  47_028_279, unpacked: 149_680_561, files: 16,
	},
	{
		name: "nvidia_cuda_runtime-13.5.37" +
			"-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
		place:  "0b/7c/14b8f5518f8951e9dca57ea80f44f8ea8bcc8671812e6cc38009f3205e57",
		sha256: "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d",
		bytes:  2_504_024, unpacked: 8_057_221, files: 101,
	},
	{
		name:   "nvidia_cudnn_cu13-9.28.1.4-py3-none-manylinux_2_27_x86_64.whl",
		place:  "ef/6f/94535c450d44a68ef0b43d7a5e54c0e5ecda2ca3db7daec5d54c8d94e0d8",
		sha256: "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec",
		bytes:  516_817_937, unpacked: 941_337_752, files: 33,
	},
	{
		name: "nvidia_cufft-12.5.0.14" +
			"-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
		place:  "c6/8f/f909edaadf9a7acf1b92f805a384b6984193bd595b45005f8e320d4170cf",
		sha256: "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad",
		bytes:  165_072_555, unpacked: 239_204_744, files: 12,
	},
	{
		name:   "nvidia_cusolver-12.4.1.2-py3-none-manylinux_2_27_x86_64.whl",
		place:  "78/4f/c5c926dbe0100e485c3ef86022ba3f6799fc57df6f9a73aaadeb7ab368fe",
		sha256: "b3b8e02fd2f2df869369af075dc3a179d43f6f7b85e94632a7dce556697be044",
		bytes:  260_003_940, unpacked: 289_785_521, files: 13,
	},
	{
		name: "nvidia_cusparse-12.9.4.2" +
			"-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
		place:  "30/7a/9928f812629a0e871871f2692cf5618857c51bf7093c7ecf2f78d17f9255",
		sha256: "072667e58c851a318738f5527a12eb225cbf058803f2ea451c722d8cf8edddec",
		bytes:  230_422_857, unpacked: 249_956_586, files: 8,
	},
	{
		name:   "nvidia_nccl_cu13-2.32.3-py3-none-manylinux_2_27_x86_64.whl",
		place:  "5b/29/6b277e63c92d91f9cb4d1a3a554e148983de39d54baa652bb52c798af78e",
		sha256: "1459723080ac889d73a26edfa3e04383a7928ab31ac8f0ec43b3ea9548b04ff3",
		bytes:  305_100_071, unpacked: 360_851_493, files: 77,
	},
	{
		name: "nvidia_nvjitlink-13.5.37" +
			"-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
		place:  "cc/1f/2321702b8d60b4b4dd18b957f61612dbac9cb1c07e940cf6582106b7c8b8",
		sha256: "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb",
		bytes:  46_642_491, unpacked: 117_330_563, files: 7,
	},
	{
		name: "nvidia_cuda_nvrtc-13.5.37" +
			"-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
		place:  "a9/54/db4e7f650746265f61c05cf1f8f556dd8c6739b58c823fbc9a7d6fda3247",
		sha256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
		bytes:  58_185_930, unpacked: 148_551_478, files: 8,
	},
	{
		name: "nvidia_nvshmem_cu13-3.8.0" +
			"-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
		place:  "74/5d/674525ba89232e9f7ae71f393ee97a7855e82728099ebda4c377901300e2",
		sha256: "81a4d1f666543e6d34df6d2ff940c7da1435e34e186aab6f3c2b48861b64ef38",
		bytes:  182_092_449, unpacked: 268_484_101, files: 132,
	},
	{
		name:   "nvidia_nvvm-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
		place:  "23/dc/c7089283bad8e8089825b0cae0898f8a89b5d27bdb2edea5266d259101e1",
		sha256: "c41bfa362e407405163f103c2229f0765f8cc2ed7d148b754dc77f228bf7e070",
		bytes:  75_141_406, unpacked: 177_531_199, files: 9,
	},
}

// cuda13ARM are those of cuda13X86 for arm64.
var cuda13ARM = []wheel{
	{
		name:   "jax_cuda13_pjrt-0.12.0.1-py3-none-manylinux_2_27_aarch64.whl",
		place:  "72/95/7c070b7a55cb67ad1dd25c7bc58305cebb840a965bd1900c7f116926940a",
		sha256: "40758d042df8c06991b6a1a8016b56e9cefb1ed4c677c062125c3eb71c3dab97",
		bytes:  128_847_710, unpacked: 376_094_060, files: 8,
	},
	{
		name: "nvidia_cublas-13.10.0.20" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "5c/e3/a5a992c3cb1c49201cd4855345dd50ec9e9c075195a0e1e534ff7e914ca5",
		sha256: "c5f3418c0a845232a8cabc58f6fa52cfae7d8bd3680d94c3907aca710fd48d70",
		bytes:  560_089_875, unpacked: 727_159_081, files: 14,
	},
	{
		name:   "nvidia_cuda_cupti-13.5.25-py3-none-manylinux_2_25_aarch64.whl",
		place:  "62/69/72df99d6efa85017e7ef5404ecf33dffc28be0f876d16db898acab457eae",
		sha256: "d7e4d908315461b6ecbdadfd3c403cc796ed218b293ad117568c947e811cff28",
		bytes:  12_236_153, unpacked: 50_490_304, files: 46,
	},
	{
		name: "nvidia_cuda_nvcc-13.5.37" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "4e/a6/3a56f727048af470e542df5cdc6cb64c39748438e24df9b694ef2cfd1270",
		sha256: "588eda18eb5076ae859fe272844b526459228af22df0b117f54eec3aa82bc9c8",
		bytes:  40_745_418, unpacked: 130_580_795, files: 16,
	},
	{
		name: "nvidia_cuda_runtime-13.5.37" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "d4/8d/d162f19bd57e25048b654337c6f811802abe46c3da0f7d7052a2dfd709e8",
		sha256: "de2dc5a7367974228b0a69588a9acc9340d3768bef1bf38bf0801eb08497cd2d",
		bytes:  2_520_010, unpacked: 8_036_837, files: 101,
	},
	{
		name:   "nvidia_cudnn_cu13-9.28.1.4-py3-none-manylinux_2_27_aarch64.whl",
		place:  "08/b2/e50ec98e7d746d194aafab84dfb5a49b29ba1934441ddc613833ea0bdac7",
		sha256: "759b6a4919951ed8ec603dec97b96f6a6396c8269b95b3d345526e2471fb433d",
		bytes:  597_008_823, unpacked: 1_025_364_403, files: 33,
	},
	{
		name: "nvidia_cufft-12.5.0.14" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "1d/64/a71dc77eaca1623d1ff61f84045f2d21fb50a77796551e062bb8a989326d",
		sha256: "091cde103312d6e09366122fe3f67092dcfd94cc9785029d695d6bcffaa76fdf",
		bytes:  165_074_034, unpacked: 235_536_865, files: 12,
	},
	{
		name:   "nvidia_cusolver-12.4.1.2-py3-none-manylinux_2_27_aarch64.whl",
		place:  "80/38/566a08a71dac1eebb21fa439970eab971d372c94633c3b16b851b415a13d",
		sha256: "1f54c8e0d5b1ebd183b4c5a79f0709fa90241e8254da381ca5b969ee97c8de32",
		bytes:  304_822_178, unpacked: 342_350_954, files: 13,
	},
	{
		name: "nvidia_cusparse-12.9.4.2" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "1b/71/9cf160aff268332d07b1d46e9009c5f28d626d36bd17d9cdc462a0668384",
		sha256: "e2ce97f185c9c4b285e4a8fbf02cb96dd1b8dd66736ebe2f0a8da5f6012a4fb7",
		bytes:  230_296_529, unpacked: 245_042_948, files: 8,
	},
	{
		name:   "nvidia_nccl_cu13-2.32.3-py3-none-manylinux_2_27_aarch64.whl",
		place:  "58/0a/c29c302036a06d27dd732588f3fd8ee89b1f7b0087e38c668ae7be8ff7b2",
		sha256: "a5bee92b2f4af218c109f8d221c3c9adcc752b94ae0ffcb0ed5abf9341a7724c",
		bytes:  305_107_282, unpacked: 363_509_850, files: 77,
	},
	{
		name: "nvidia_nvjitlink-13.5.37" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "24/15/dd228f798cd01d7aeaf19d872b2b20f9aeafc1a7d8b6bfaa878b30b8d6f7",
		sha256: "893f6f9a55b2720ed94913b5ba3332e972da8c78dfa2863d0244403dbd528ffc",
		bytes:  45_253_761, unpacked: 107_250_701, files: 7,
	},
	{
		name: "nvidia_cuda_nvrtc-13.5.37" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "4e/9f/e8321dfd9dcd923c864213fed3da815da474800ead891a99b6322bdd2039",
		sha256: "36e4fa2a8ada293f5693d308e531c196ab6f91cf7a0ff479bf96a537d43a6096",
		bytes:  56_419_462, unpacked: 137_025_392, files: 8,
	},
	{
		name: "nvidia_nvshmem_cu13-3.8.0" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "49/a3/a17ee2e50d4cdf0a18716d8ded8be8248430f768c87f6807d431681645c2",
		sha256: "8120175024f52a64323cfc5d645e95ac7345f1ee243a998d140ce19163285294",
		bytes:  181_881_399, unpacked: 268_214_200, files: 132,
	},
	{
		name: "nvidia_nvvm-13.5.37" +
			"-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
		place:  "d4/be/a152634e925a585dea74cd914cda6701307bfe1111c09d50a9a931de72e5",
		sha256: "b659bd3115b7ac7ec8931e67d0e2c0dd09cd35b08a6a7372df6f8f22c67da80a",
		bytes:  71_213_582, unpacked: 154_905_256, files: 9,
	},
}

// xlaCPU is XLA of JAX 0.11.2 for processors, with PJRT 0.115, as somebody has built it for LAMMPS.
var xlaCPU = []wheel{
	{
		name:   "lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl",
		place:  "e5/90/f04e5ea9e56f01965b4cd56bc3cf4801a563cd47b74d4ded5780f19c3a7c",
		sha256: "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		bytes:  62_711_338, unpacked: 201_865_339, files: 8,
	},
}
